"""Whether the app's own database, the access store and Redis answer, and have the tables that this version wants."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from sqlalchemy import Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bff.access.assignments import MIGRATIONS as ACCESS
from bff.access.stores import SCHEMES, store_for
from bff.database import Tables, engine_for, own_migrations, tables_of
from bff.doctor.findings import Patient, Seen, note, ok, wrong

TIMEOUT_S = 5
EMBEDDED = "sqlite"


def own_database(patient: Patient) -> Iterator[Seen]:
    """The app's own: what it keeps, its requests and its audit."""
    settings = patient.settings
    url = settings.own_database
    if missing_file(url):
        made = "bizops db upgrade " + patient.app
        if settings.database_url:
            yield wrong("The file of BIZOPS_DATABASE_URL is not there.", f"Make it: {made}.")
        else:
            yield note("The app has not been started here: it makes its embedded database then.")
        return
    yield from _tables("the app's own database", "BIZOPS_DATABASE_URL", url, own_migrations(patient.app), patient.app)
    if url.startswith(EMBEDDED) and settings.environment == "production":
        yield note(
            "The app's own database is a file of this machine: one replica, and backups are yours to make.",
            "Name a PostgreSQL or MariaDB in BIZOPS_DATABASE_URL.",
        )


def access_store(patient: Patient) -> Iterator[Seen]:
    """The shared one of roles and participants."""
    url = patient.settings.access_database_url
    if urlsplit(url).scheme in SCHEMES:
        problem = store_for(url).problem()
        if problem:
            yield wrong(problem, "Correct BIZOPS_ACCESS_DATABASE_URL, or have Keto started with our namespaces.")
        else:
            yield ok("Keto answers on both of its APIs and knows our namespaces.")
    elif missing_file(url):
        yield wrong("The file of BIZOPS_ACCESS_DATABASE_URL is not there.", "Make it: bizops db upgrade access.")
    else:
        yield from _tables("the access store", "BIZOPS_ACCESS_DATABASE_URL", url, [ACCESS], "access")


def redis_store(patient: Patient) -> Iterator[Seen]:
    """Where sessions are, when a Redis is named."""
    url = patient.settings.redis_url
    if not url:
        yield ok("None is named: sessions and queues are in the state folder.")
        return
    try:
        client: Any = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        with client:
            memory = client.info("memory")
    except (redis.RedisError, ValueError) as problem:
        yield wrong(f"Redis cannot be used: {problem}.", "Correct BIZOPS_REDIS_URL, or start Redis.")
        return
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        yield wrong(
            f"Redis forgets any key when its memory is full ({policy}): people would be signed out.",
            "Set maxmemory-policy to noeviction in Redis.",
        )
    else:
        yield ok(f"Redis answers; its memory policy is {policy}.")


def missing_file(url: str) -> bool:
    """Whether it is an embedded database without a file. To connect would make one."""
    if not url.startswith(f"{EMBEDDED}:///"):
        return False
    name = make_url(url).database or ""
    return not name.startswith((":memory:", "file:")) and not Path(name).exists()


def connected(url: str) -> Connection:
    """A connection of our own, which is not kept. Raises SQLAlchemyError, or ModuleNotFoundError for no driver."""
    plain = make_url(url)
    options: dict[str, Any] = {} if url.startswith(EMBEDDED) else {"connect_timeout": TIMEOUT_S}
    return create_engine(plain, poolclass=NullPool, connect_args=options).connect()


def cause(problem: Exception) -> str:
    """What the database said, in its own words."""
    return str(problem.orig) if isinstance(problem, DBAPIError) else str(problem)


def _tables(what: str, variable: str, url: str, migrations: list[str], name: str) -> Iterator[Seen]:
    try:
        with connected(url) as connection:
            kind = connection.dialect.name
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        yield wrong(f"{what} cannot be reached: {cause(problem)}", f"Correct {variable}, or start that database.")
        return
    yield ok(f"{what} ({kind}) answers.")
    try:
        stand = {where.partition(":")[0]: tables_of(url, where) for where in migrations}
    finally:
        engine_for(url).dispose()
    behind = ", ".join(each for each, tables in stand.items() if tables is Tables.BEHIND)
    ahead = ", ".join(each for each, tables in stand.items() if tables is Tables.AHEAD)
    if behind:
        yield wrong(f"{what} has not all tables of this version: {behind}.", f"Run bizops db upgrade {name}.")
    if ahead:
        yield note(
            f"{what} has tables of a newer version than this one: {ahead}.",
            "During an upgrade that is as it should be; else install the newer version.",
        )
    if not behind and not ahead:
        yield ok(f"{what} has the newest tables of {', '.join(stand)}.")
