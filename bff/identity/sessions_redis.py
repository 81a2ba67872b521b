"""Where sessions live when an app runs on several machines: Redis, which drops by itself what is over."""

import math
from typing import Any

import redis

from bff.identity.sessions import Record

TIMEOUT_S = 2.0
# Scripts where one command is not enough: what was deleted stays so, a lock is given back by its owner alone.
_REWRITE = (
    "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end redis.call('HSET', KEYS[1], 'value', ARGV[1]) return 1"
)
_TOUCH = """
local ends = redis.call('HGET', KEYS[1], 'ends_at')
if not ends then return 0 end
redis.call('HSET', KEYS[1], 'idle_until', ARGV[1])
return redis.call('EXPIREAT', KEYS[1], math.ceil(math.min(tonumber(ends), tonumber(ARGV[1]))))
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisSessions:
    """A SessionStore in Redis; `prefix` keeps the apps of one Redis apart. Raises redis.RedisError when it is away."""

    def __init__(self, url: str, prefix: str) -> None:
        self._prefix = prefix
        # The library's annotations cover its blocking and its asynchronous face at once; here only the first is used.
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

    def put(self, name: str, record: Record) -> None:
        """Keep a record, in place of any of the same name."""
        key = self._key("record", name)
        with self._redis.pipeline(transaction=True) as steps:
            steps.delete(key)
            fields = {"value": record.value, "idle_until": record.idle_until, "ends_at": record.ends_at}
            steps.hset(key, mapping=fields | {"indexes": " ".join(record.indexes)})
            steps.expireat(key, math.ceil(min(record.idle_until, record.ends_at)))
            for index in record.indexes:
                # Sessions all live equally long: the last one put is the last to end, and the index with it.
                steps.sadd(self._key("index", index), name)
                steps.expireat(self._key("index", index), math.ceil(record.ends_at))
            steps.execute()

    def get(self, name: str) -> Record | None:
        """The record of that name."""
        return _record(self._redis.hgetall(self._key("record", name)))

    def take(self, name: str) -> Record | None:
        """The record of that name, deleted in the same step."""
        key = self._key("record", name)
        with self._redis.pipeline(transaction=True) as steps:
            steps.hgetall(key)
            steps.delete(key)
            fields, _ = steps.execute()
        for index in fields.get(b"indexes", b"").decode().split():
            self._redis.srem(self._key("index", index), name)
        return _record(fields)

    def rewrite(self, name: str, value: bytes) -> bool:
        """Change the value of a record that is there."""
        return bool(self._redis.eval(_REWRITE, 1, self._key("record", name), value))

    def touch(self, name: str, idle_until: float) -> None:
        """Put off the idle end of a record that is there."""
        self._redis.eval(_TOUCH, 1, self._key("record", name), idle_until)

    def delete(self, name: str) -> bool:
        """Delete the record."""
        return self.take(name) is not None

    def delete_indexed(self, index: str) -> int:
        """Delete every record with that index. One that is put meanwhile keeps its place in the index."""
        names = [name.decode() for name in self._redis.smembers(self._key("index", index))]
        return sum(self.delete(name) for name in names)

    def acquire(self, lock: str, owner: str, ttl: float) -> bool:
        """Take a lock that nobody holds; Redis takes it back when its time has passed."""
        return bool(self._redis.set(self._key("lock", lock), owner, nx=True, px=max(1, int(ttl * 1000))))

    def release(self, lock: str, owner: str) -> None:
        """Give the lock back, if it is still this owner's."""
        self._redis.eval(_RELEASE, 1, self._key("lock", lock), owner)

    def ping(self) -> None:
        """Raise unless Redis answers."""
        self._redis.ping()

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"


def _record(fields: dict[bytes, bytes]) -> Record | None:
    if not fields:
        return None
    indexes = tuple(fields[b"indexes"].decode().split())
    return Record(fields[b"value"], float(fields[b"idle_until"]), float(fields[b"ends_at"]), indexes)
