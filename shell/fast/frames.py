"""Decides which rendered frame may stand around a page again: the same person's, in the same session, this minute."""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Self

LARGEST: Final = 200
# Of one answer alone, or written anew with each.
_OWN: Final = frozenset({"content-length", "content-security-policy", "server-timing", "x-request-id"})
_POLICY: Final = "Content-Security-Policy"
_TIMING: Final = "Server-Timing"
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Frame:
    """A page without its content and its nonce: what is before the content, what is after, cut there; the headers."""

    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    headers: Headers
    policy: tuple[str, ...]  # split at its nonce
    coding: str  # in which it is sent; empty for none
    timed: bool  # whether an answer says how long it took

    @classmethod
    def of(cls, parts: Sequence[bytes], nonce: str, headers: Headers) -> Self:
        """A rendered page taken apart. Raises ValueError where a header beside the policy holds the nonce."""
        before, _, after = parts
        said, stamp = dict(headers), nonce.encode()
        kept = [(name, value) for name, value in headers if name.lower() not in _OWN]
        if any(nonce in value for _, value in kept):
            raise ValueError("a header holds what is another's at the next page")
        policy, coding = tuple(said[_POLICY].split(nonce)), said.get("Content-Encoding", "")
        return cls(tuple(before.split(stamp)), tuple(after.split(stamp)), kept, policy, coding, _TIMING in said)

    def halves(self, nonce: str) -> tuple[bytes, bytes]:
        """What stands before the content and what after, under this nonce."""
        stamp = nonce.encode()
        return stamp.join(self.before), stamp.join(self.after)

    def headers_with(self, nonce: str, request_id: str, timing: str) -> Headers:
        """The headers of an answer with this frame that took so long, but for its framing."""
        own = [(_POLICY, nonce.join(self.policy)), ("X-Request-Id", request_id)]
        return [*self.headers, *own, (_TIMING, timing)] if self.timed else [*self.headers, *own]


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
