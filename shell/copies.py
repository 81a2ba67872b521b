"""Decides to whom a fragment may be shown again: to nobody but the person it was made for, with the rights of then."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from bff.identity.principal import Identity
from shell.freshness import Terms

LARGEST: Final = 256 * 1024  # bytes of one fragment
OVERHEAD: Final = 1024  # what a copy takes beside its content, about
FORGOTTEN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Copy:
    """A fragment as its app answered it, cut wherever the nonce of that page stood. Times are seconds since 1970."""

    pieces: tuple[bytes, ...]
    at: float
    terms: Terms
    etag: str = ""
    version: str = ""

    @classmethod
    def of(cls, body: bytes, nonce: str, at: float, terms: Terms, headers: dict[str, str]) -> "Copy | None":
        """A copy to keep; None where there is too much of it."""
        if len(body) > LARGEST:
            return None
        pieces = tuple(body.split(nonce.encode()))
        return cls(pieces, at, terms, headers.get("etag", ""), headers.get("portal-version", ""))

    def renewed(self, at: float, terms: Terms) -> "Copy":
        """The same, found unchanged."""
        return Copy(self.pieces, at, terms, self.etag, self.version)

    def content(self, nonce: str) -> bytes:
        """The fragment for another page, under that page's nonce."""
        return nonce.encode().join(self.pieces)

    @property
    def fresh_until(self) -> float:
        return self.at + self.terms.fresh

    @property
    def revalidating_until(self) -> float:
        return self.fresh_until + self.terms.revalidating

    @property
    def usable_until(self) -> float:
        """When it may no longer stand in for one that fails."""
        return self.fresh_until + max(self.terms.revalidating, self.terms.standing_in)

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces)) + OVERHEAD


@dataclass(frozen=True, slots=True)
class Owner:
    """One person's copies of one app's fragments, which are forgotten together.

    `secret` is known to the person's session alone: what is kept outside this process is sealed with it."""

    name: str
    secret: bytes


class Shelf(NamedTuple):
    """What was found for one owner, and the turn that it was found in: what was asked for before a change is late."""

    turn: int
    copies: tuple[Copy | None, ...]


Wanted = Sequence[tuple[Owner, Sequence[str]]]


class Copies(Protocol):
    """Where copies are kept."""

    def find(self, wanted: Wanted) -> list[Shelf]:
        """What is kept for each owner in each place, in their order."""

    def keep(self, owner: Owner, place: str, copy: Copy, turn: int) -> None:
        """Keep a copy, unless the owner's were forgotten since `turn`."""

    def forget(self, identity: Identity, app: str) -> None:
        """The person has changed something in an app: what they saw of it before is no longer true."""

    def close(self) -> None:
        """Let go of connections."""


@lru_cache(10_000)
def owner_of(identity: Identity, app: str) -> Owner:
    """The person as the owner of what one app shows them."""
    return Owner(_hash("owner", identity.subject, app), _secret(identity))


@lru_cache(10_000)
def place_of(identity: Identity, *facts: str) -> str:
    """Where a copy stands: everything that the app was told, so that whoever differs in anything finds nothing."""
    return _hash("place", _told(identity), *facts)


@lru_cache(10_000)
def _told(identity: Identity) -> str:
    """All of an identity, whatever fields it may come to have."""
    given = {each.name: getattr(identity, each.name) for each in fields(identity)}
    return json.dumps({name: sorted(value) if isinstance(value, frozenset) else value for name, value in given.items()})


@lru_cache(10_000)
def _secret(identity: Identity) -> bytes:
    return hashlib.sha256(f"copies\0{identity.session}\0{identity.csrf}".encode()).digest()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class MemoryCopies:
    """Copies in this process, the ones least looked at dropped first beyond `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes, self._turn = most, 0, 0
        self._kept: OrderedDict[tuple[str, str], Copy] = OrderedDict()
        self._places: dict[str, set[str]] = {}
        self._forgotten: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, wanted: Wanted) -> list[Shelf]:
        with self._lock:
            return [
                Shelf(self._forgotten.get(owner.name, 0), tuple([self._look(owner.name, place) for place in places]))
                for owner, places in wanted
            ]

    def keep(self, owner: Owner, place: str, copy: Copy, turn: int) -> None:
        size = copy.size
        if size > self._most:
            return
        with self._lock:
            if self._forgotten.get(owner.name, 0) != turn:
                return
            before = self._kept.pop((owner.name, place), None)
            self._kept[owner.name, place] = copy
            if before is None:
                self._places.setdefault(owner.name, set()).add(place)
            self._bytes += size - (before.size if before else 0)
            while self._bytes > self._most:  # the newest is the last to go, and has room enough by then
                self._drop(*next(iter(self._kept)))

    def forget(self, identity: Identity, app: str) -> None:
        name = owner_of(identity, app).name
        with self._lock:
            self._turn += 1
            self._forgotten[name] = self._turn
            self._forgotten.move_to_end(name)
            while len(self._forgotten) > FORGOTTEN:  # by then nothing asked for before it is still under way
                self._forgotten.popitem(last=False)
            for place in list(self._places.get(name, ())):
                self._drop(name, place)

    def close(self) -> None:
        self._kept.clear()

    @property
    def bytes(self) -> int:
        """What is kept now."""
        return self._bytes

    def _look(self, name: str, place: str) -> Copy | None:
        copy = self._kept.get((name, place))
        if copy is not None:
            self._kept.move_to_end((name, place))
        return copy

    def _drop(self, name: str, place: str) -> None:
        copy: Any = self._kept.pop((name, place), None)
        if copy is not None:
            self._bytes -= copy.size
            self._places[name].discard(place)
            if not self._places[name]:
                del self._places[name]


def copies_for(redis_url: str, most: int) -> Copies:
    """Redis where there is one, so that copies are shared and outlive the process; else memory."""
    if redis_url:
        from shell.copies_redis import RedisCopies  # here: a shell without Redis has no use for its library

        return RedisCopies(redis_url)
    return MemoryCopies(most)
