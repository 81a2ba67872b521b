"""Decides which rendered frame may stand around a page again: one that is the same for everybody of the same roles."""

import re
import secrets
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from markupsafe import escape

from bff.identity.principal import Identity

LARGEST: Final = 200
# Of one answer alone, or written anew with each.
_OWN: Final = frozenset({"content-length", "content-security-policy", "server-timing", "x-request-id"})
_POLICY: Final = "Content-Security-Policy"
_NONCE: Final = "nonce"
# What a frame holds of a person, with what stands for it while the frame is rendered. Random: nobody can write it.
_NAME, _USERNAME, _TOKEN = (f"m{secrets.token_hex(12)}" for _ in range(3))
_MARKS: Final = {"name": _NAME, "username": _USERNAME, "csrf": _TOKEN}
Headers = list[tuple[str, str]]


class Same:
    """A thing in a key that equals itself alone, and lives as long as the key."""

    __slots__ = ("_thing",)

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)


def stand_in(identity: Identity) -> Identity:
    """Somebody with the same rights, whose name can be found again in what is rendered for them."""
    return replace(identity, name=_NAME, username=_USERNAME, csrf=_TOKEN)


def kind_of(identity: Identity) -> Hashable:
    """All that a frame tells of a person but their name and their session's token."""
    return identity.roles, identity.participants, identity.hub, identity.permissions


def stamps_of(identity: Identity) -> Mapping[str, bytes]:
    """What the frame of this person holds in place of the stand-in's."""
    return {field: str(escape(getattr(identity, field))).encode() for field in _MARKS}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a page: literal bytes, and between them the names of what is stamped in."""

    literals: tuple[bytes, ...]
    stamps: tuple[str, ...]

    @classmethod
    def of(cls, html: bytes, nonce: str) -> Self:
        """A rendered piece, taken apart at the nonce and at the stand-in's marks."""
        names = {nonce: _NONCE} | {mark: field for field, mark in _MARKS.items()}
        parts = re.split("|".join(f"({re.escape(mark)})" for mark in names).encode(), html)
        marks = [part.decode() for part in parts if part is not None]
        found = [names[mark] for mark in marks if mark in names]
        return cls(tuple(mark.encode() for mark in marks if mark not in names), tuple(found))

    def stamped(self, stamps: Mapping[str, bytes]) -> bytes:
        """The piece for one page."""
        whole = [self.literals[0]]
        for name, literal in zip(self.stamps, self.literals[1:], strict=True):
            whole += (stamps[name], literal)
        return b"".join(whole)


@dataclass(frozen=True, slots=True)
class Frame:
    """A page without its content, its nonce and its person: what is before the content, what is after, the headers."""

    before: Part
    after: Part
    headers: Headers
    policy: tuple[str, ...]  # split at its nonce
    coding: str  # in which it is sent; empty for none

    @classmethod
    def of(cls, parts: Sequence[bytes], nonce: str, headers: Headers) -> Self:
        """A frame that was rendered for a stand-in. Raises ValueError where a header holds the nonce, or the person."""
        before, _, after = parts
        said = dict(headers)
        kept = [(name, value) for name, value in headers if name.lower() not in _OWN]
        if any(mark in value for _, value in kept for mark in (nonce, *_MARKS.values())):
            raise ValueError("a header holds what is another's at the next page")
        policy, coding = tuple(said[_POLICY].split(nonce)), said.get("Content-Encoding", "")
        return cls(Part.of(before, nonce), Part.of(after, nonce), kept, policy, coding)

    def halves(self, stamps: Mapping[str, bytes], nonce: str) -> tuple[bytes, bytes]:
        """What stands before the content and what after, for this person under this nonce."""
        all_stamps = {**stamps, _NONCE: nonce.encode()}
        return self.before.stamped(all_stamps), self.after.stamped(all_stamps)

    def headers_with(self, nonce: str, request_id: str) -> Headers:
        """The headers of an answer with this frame, but for its framing."""
        return [*self.headers, (_POLICY, nonce.join(self.policy)), ("X-Request-Id", request_id)]


class Frames:
    """Frames by everything that is in them, the minute included, for there is a clock in each."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._minute, self._kept = 0, dict[Hashable, Frame]()

    def minute(self) -> int:
        """The present one, which is to be part of every key. The frames of the last are forgotten."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._kept = minute, {}
        return minute

    def get(self, key: Hashable) -> Frame | None:
        return self._kept.get(key)

    def keep(self, key: Hashable, frame: Frame) -> None:
        if len(self._kept) >= LARGEST:
            self._kept.clear()
        self._kept[key] = frame
