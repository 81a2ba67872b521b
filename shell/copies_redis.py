"""Where copies live when a shell runs on several machines: Redis, sealed with what only the person's session knows."""

import json
import math
import os
import time
from collections.abc import Callable
from typing import Any, Final

import redis
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bff.identity.principal import Identity
from shell.copies import Copy, Owner, Shelf, Wanted, owner_of
from shell.freshness import Terms

log = structlog.get_logger()

PREFIX: Final = "bizops:shell:copies"
TIMEOUT_S: Final = 0.25  # a page does not wait for what only saves it a request
AWAY_S: Final = 5.0
OWNER_S: Final = 86_400
MOST: Final = 100  # places of one owner; those of rights and versions that are over are among them
TURN: Final = b"turn"
_NONCE: Final = 12
_KEEP: Final = """
if (redis.call('HGET', KEYS[1], 'turn') or '0') ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'turn', ARGV[1])
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return 1
"""
_FORGET: Final = """
local turn = tonumber(redis.call('HGET', KEYS[1], 'turn') or '0') + 1
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'turn', turn)
return redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


class RedisCopies:
    """Copies for all replicas of a shell. Without Redis there are none, and pages are made as if never before."""

    def __init__(self, url: str) -> None:
        # The library's annotations cover its blocking and its asynchronous face at once; here only the first is used.
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._away_until = 0.0
        self._owed: set[str] = set()  # owners whose copies were to be forgotten while Redis was away

    def find(self, wanted: Wanted) -> list[Shelf]:
        for name in list(self._owed):
            self._forget(name)

        def look() -> list[list[bytes | None]]:
            with self._redis.pipeline(transaction=False) as steps:
                for owner, places in wanted:
                    steps.hmget(_key(owner.name), [TURN, *places])
                found: list[list[bytes | None]] = steps.execute()
                return found

        found = self._ask(look)
        if found is None:
            return [Shelf(-1, (None,) * len(places)) for _, places in wanted]
        return [
            Shelf(int(turn or 0), tuple(map(_opened, [owner] * len(places), places, sealed)))
            for (owner, places), (turn, *sealed) in zip(wanted, found, strict=True)
        ]

    def keep(self, owner: Owner, place: str, copy: Copy, turn: int) -> None:
        if turn < 0:  # nobody knew the turn when it was asked for
            return
        life = math.ceil(min(copy.usable_until - copy.at + 1, OWNER_S))
        sealed = _sealed(owner, place, copy)
        self._ask(lambda: self._redis.eval(_KEEP, 1, _key(owner.name), turn, place, sealed, life, MOST))

    def forget(self, identity: Identity, app: str) -> None:
        self._forget(owner_of(identity, app).name)

    def close(self) -> None:
        self._redis.close()

    def _forget(self, name: str) -> None:
        self._owed.add(name)
        if self._ask(lambda: self._redis.eval(_FORGET, 1, _key(name), OWNER_S)) is not None:
            self._owed.discard(name)

    def _ask(self, what: Callable[[], Any]) -> Any:
        """What Redis answers; None where it does not, and then for some seconds without asking it."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return what()
        except redis.RedisError as problem:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("copies_unavailable", problem=type(problem).__name__)
            return None


def _key(name: str) -> str:
    return f"{PREFIX}:{name}"


def _sealed(owner: Owner, place: str, copy: Copy) -> bytes:
    """Encrypted, and bound to its place: put elsewhere it does not open."""
    terms = copy.terms.fresh, copy.terms.revalidating, copy.terms.standing_in
    head = json.dumps([copy.at, *terms, copy.etag, copy.version, [len(piece) for piece in copy.pieces]])
    plain = head.encode() + b"\n" + b"".join(copy.pieces)
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(owner.secret).encrypt(nonce, plain, place.encode())


def _opened(owner: Owner, place: str, sealed: bytes | None) -> Copy | None:
    if sealed is None:
        return None
    try:
        plain = AESGCM(owner.secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        return None
    head, _, body = plain.partition(b"\n")
    at, fresh, revalidating, standing_in, etag, version, lengths = json.loads(head)
    pieces, start = [], 0
    for length in lengths:
        pieces.append(body[start : start + length])
        start += length
    return Copy(tuple(pieces), at, Terms(fresh, revalidating, standing_in), etag, version)
