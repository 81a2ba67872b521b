"""What is real in these tests: a Redis, each session store in turn, an OpenID provider and apps that use it."""

import contextlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bff.identity.sessions import SessionStore
from bff.identity.sessions_redis import RedisSessions
from bff.identity.sessions_sqlite import SqliteSessions
from bff.identity.tests.browser import Browser
from bff.identity.tests.site import Site, app_of, client_entry, provider_at, served, settings_of
from bff.identity.tests.support import Clock
from tests.parts.ran import ran
from tests.parts.servers import Ports, serving


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of our own on a free port, which keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("These tests need redis-server: install it (Debian and Ubuntu: apt-get install redis-server).")
    folder = tmp_path_factory.mktemp("redis")

    def command(ports: Ports) -> list[str]:
        return [program, "--port", str(ports[0]), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

    with serving(command, 1, _ready, folder / "redis.log") as ports:
        ran("redis")
        yield _url(ports)


def _url(ports: Ports) -> str:
    return f"redis://127.0.0.1:{ports[0]}/0"


def _ready(ports: Ports) -> None:
    with redis.Redis.from_url(_url(ports)) as client:
        try:
            client.ping()
        except redis.RedisError as away:
            raise ConnectionError from away


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteSessions]:
    """The embedded store."""
    store = SqliteSessions(tmp_path / "state" / "sessions.sqlite")
    yield store
    store.close()


@pytest.fixture
def redis_store(redis_url: str) -> Iterator[RedisSessions]:
    """The Redis store, empty."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    store = RedisSessions(redis_url, "bizops:test")
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest) -> SessionStore:
    """Each store in turn: one contract for both."""
    chosen: SessionStore = request.getfixturevalue(f"{request.param}_store")
    return chosen


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[dict[str, Site]]:
    """Two apps of one provider: one keeps its sessions in a file, the other in Redis."""
    folder = tmp_path_factory.mktemp("sites")
    ports = {name: free_port() for name in ("sqlite", "redis")}
    urls = {name: f"http://localhost:{port}" for name, port in ports.items()}
    clients = [client_entry(name, url) for name, url in urls.items()]
    with contextlib.ExitStack() as running:
        provider = running.enter_context(provider_at(free_port(), folder, clients))
        made = {}
        for name, url in urls.items():
            store = {"redis_url": redis_url if name == "redis" else ""}
            app, clock = app_of(settings_of(url, provider, folder / name, **store), name), Clock()
            made[name] = Site(url, app, clock, provider)
            made[name].auth.party.sessions.clock = made[name].auth.party.provider.clock = clock
            running.enter_context(served(app, ports[name]))
        yield made
        for site in made.values():
            site.auth.party.sessions.store.close()


@pytest.fixture(params=["sqlite", "redis"])
def site(request: pytest.FixtureRequest, sites: dict[str, Site]) -> Iterator[Site]:
    """Each app in turn, its clock right."""
    chosen = sites[request.param]
    yield chosen
    chosen.clock.ahead = 0.0


@pytest.fixture
def visitor() -> Iterator[Browser]:
    """A browser that has been nowhere yet."""
    fresh = Browser()
    yield fresh
    fresh.pool.clear()
