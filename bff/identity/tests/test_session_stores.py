"""The contract that both session stores keep, and what a thief finds in either."""

import functools
import os
import sqlite3
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from bff.identity.sessions import Record, Sessions, SessionStore
from bff.identity.sessions_redis import RedisSessions
from bff.identity.sessions_sqlite import SqliteSessions
from bff.identity.tests.support import session


def record(*indexes: str, value: bytes = b"sealed", idle: float = 900, life: float = 3600) -> Record:
    now = time.time()
    return Record(value, now + idle, now + life, indexes)


def value_of(store: SessionStore, name: str) -> bytes | None:
    found = store.get(name)
    return found.value if found else None


def test_what_is_put_is_got_until_it_is_deleted(store: SessionStore) -> None:
    kept = record("i")
    store.put("a", kept)
    found = store.get("a")
    assert found is not None
    assert (found.value, found.idle_until, found.ends_at) == (b"sealed", kept.idle_until, kept.ends_at)
    assert store.delete("a")
    assert not store.delete("a")
    assert store.get("a") is None


def test_a_record_put_again_replaces_the_first(store: SessionStore) -> None:
    store.put("a", record("i", value=b"one"))
    store.put("a", record("j", value=b"two"))
    assert value_of(store, "a") == b"two"
    assert store.delete_indexed("j") == 1


def test_bytes_of_every_value_come_back_unchanged(store: SessionStore) -> None:
    value = bytes(range(256)) * 20
    store.put("a", record(value=value))
    assert value_of(store, "a") == value


def test_of_many_who_take_one_gets_it(store: SessionStore) -> None:
    store.put("a", record())
    got: list[Record | None] = []
    threads = [threading.Thread(target=lambda: got.append(store.take("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in got if one]) == 1
    assert store.get("a") is None


def test_a_rewrite_changes_the_value_and_nothing_else(store: SessionStore) -> None:
    before = record("i")
    store.put("a", before)
    assert store.rewrite("a", b"other")
    after = store.get("a")
    assert after is not None
    assert (after.value, after.idle_until, after.ends_at) == (b"other", before.idle_until, before.ends_at)
    assert store.delete_indexed("i") == 1


def test_what_was_deleted_is_not_brought_back_by_a_rewrite_or_a_touch(store: SessionStore) -> None:
    store.put("a", record("i"))
    store.delete("a")
    assert not store.rewrite("a", b"other")
    store.touch("a", time.time() + 900)
    assert store.get("a") is None


def test_a_touch_puts_off_the_idle_end_alone(store: SessionStore) -> None:
    before = record()
    store.put("a", before)
    later = time.time() + 1800
    store.touch("a", later)
    after = store.get("a")
    assert after is not None
    assert (after.idle_until, after.ends_at, after.value) == (later, before.ends_at, before.value)


def test_an_index_finds_all_its_records_and_no_others(store: SessionStore) -> None:
    store.put("a", record("person-1", "provider-1"))
    store.put("b", record("person-1", "provider-2"))
    store.put("c", record("person-2", "provider-3"))
    assert store.delete_indexed("provider-2") == 1
    assert [name for name in "abc" if store.get(name)] == ["a", "c"]
    assert store.delete_indexed("person-1") == 1
    assert store.delete_indexed("person-1") == 0
    assert store.get("c") is not None


def test_a_record_deleted_by_name_is_counted_by_no_index(store: SessionStore) -> None:
    store.put("a", record("person-1"))
    store.delete("a")
    assert store.delete_indexed("person-1") == 0


def test_a_lock_has_one_owner_who_alone_gives_it_back(store: SessionStore) -> None:
    assert store.acquire("l", "one", 10)
    assert not store.acquire("l", "two", 10)
    assert not store.acquire("l", "one", 10)
    store.release("l", "two")
    assert not store.acquire("l", "two", 10)
    store.release("l", "one")
    assert store.acquire("l", "two", 10)


def test_a_lock_whose_owner_died_is_free_when_its_time_has_passed(store: SessionStore) -> None:
    assert store.acquire("l", "one", 0.1)
    time.sleep(0.15)
    assert store.acquire("l", "two", 10)
    store.release("l", "one")
    assert not store.acquire("l", "three", 10)


def test_of_many_who_want_a_lock_one_gets_it(store: SessionStore) -> None:
    won: list[bool] = []
    threads = [threading.Thread(target=lambda n=n: won.append(store.acquire("l", str(n), 10))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_a_store_that_is_there_answers(store: SessionStore) -> None:
    store.ping()


def _in_a_process_of_its_own(work: Callable[[], None]) -> int:
    with warnings.catch_warnings():
        # Newer Pythons warn of forks beside threads; this child touches nothing that a thread may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def test_several_processes_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "sessions.sqlite"

    def write(number: int) -> None:
        store = SqliteSessions(path)
        for each in range(30):
            store.put(f"{number}-{each}", record("i"))
        store.close()

    children = [_in_a_process_of_its_own(functools.partial(write, number)) for number in range(4)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    store = SqliteSessions(path)
    assert store.delete_indexed("i") == 120
    store.close()


def test_a_forked_process_uses_a_connection_of_its_own(sqlite_store: SqliteSessions) -> None:
    sqlite_store.put("parent", record())
    child = _in_a_process_of_its_own(lambda: sqlite_store.put("child", record()))
    assert os.waitpid(child, 0)[1] == 0
    assert sqlite_store.get("child") is not None


def test_only_the_owner_may_read_the_files(sqlite_store: SqliteSessions, tmp_path: Path) -> None:
    sqlite_store.put("a", record())
    files = list((tmp_path / "state").iterdir())
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_what_is_over_is_swept_out_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sessions.sqlite"
    store = SqliteSessions(path)
    store.put("idle", record("i", idle=-1))
    store.put("old", record("i", life=-1))
    store.acquire("l", "gone", 0.0)
    store.close()
    again = SqliteSessions(path)
    again.put("alive", record("i"))
    again.close()
    with sqlite3.connect(path) as connection:
        names = [row[0] for table in ("record", "found_by") for row in connection.execute(f"SELECT name FROM {table}")]
        locks = connection.execute("SELECT count(*) FROM held").fetchone()
    connection.close()
    assert names == ["alive", "alive"]
    assert locks == (0,)


def test_redis_drops_by_itself_what_is_over(redis_store: RedisSessions, redis_url: str) -> None:
    redis_store.put("a", record("i", idle=60, life=3600))
    redis_store.touch("a", time.time() + 120)
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert 115 <= client.ttl("bizops:test:record:a") <= 121
        assert 3590 <= client.ttl("bizops:test:index:i") <= 3601


def test_apps_that_share_one_redis_do_not_see_each_others_sessions(redis_store: RedisSessions, redis_url: str) -> None:
    other = RedisSessions(redis_url, "bizops:other")
    redis_store.put("a", record("i"))
    assert other.get("a") is None
    assert other.delete_indexed("i") == 0
    other.close()


SECRETS = (
    "u-olivia", "olivia", "Olivia", "Okello", "olivia@example.com", "provider-session-1", "csrf-token-1", "access-1",
    "refresh-1", "id-token-1", "provider.example",
)  # fmt: skip


@pytest.mark.parametrize("form", [str.encode, lambda text: text.encode().hex().encode()])
def test_a_copy_of_the_file_tells_nothing(sqlite_store: SqliteSessions, tmp_path: Path, form: object) -> None:
    ticket, _ = Sessions(sqlite_store, 900, 3600).begin(session())
    sqlite_store.close()
    found = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir())
    assert ticket.name.encode() in found
    assert callable(form)
    assert not [secret for secret in (*SECRETS, ticket.id) if form(secret) in found]


def test_a_copy_of_redis_tells_nothing(redis_store: RedisSessions, redis_url: str) -> None:
    sessions = Sessions(redis_store, 900, 3600)
    ticket, _ = sessions.begin(session())
    sessions.once("logout:provider-session-1", 60)
    with redis.Redis.from_url(redis_url) as client:
        keys = list(client.scan_iter())
        parts = [
            client.dump(key) if client.type(key) != b"hash" else repr(client.hgetall(key)).encode() for key in keys
        ]
    found = b"".join([*keys, *(part for part in parts if part)])
    assert ticket.name.encode() in found
    assert not [secret for secret in (*SECRETS, ticket.id) if secret.encode() in found]
