"""What an app logs at its most talkative, through sign-ins, refusals and failures, holds nobody's secret."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import urllib3

from bff.access.assignments import SqlAssignments
from bff.access.tests import real_postgresql
from bff.database import engine_for, own_migrations, upgrade
from bff.identity.tests.browser import Browser
from bff.identity.tests.conftest import free_port
from bff.identity.tests.site import SECRET, choose, client_entry, provider_at

HUSHED = {name: f"hush-{name}-{secrets.token_hex(8)}" for name in ("redis", "database", "hub", "metrics", "bearer")}
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}")  # how every JWT begins


@dataclass
class Running:
    """An app in a process of its own, and what it has written."""

    url: str
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")


@contextlib.contextmanager
def guarded_redis(folder: Path) -> Iterator[str]:
    """A Redis that wants a password; its URL."""
    port, program = free_port(), shutil.which("redis-server")
    assert program
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([program, *options, "--requirepass", HUSHED["redis"]], **quiet)  # type: ignore[call-overload]
    try:
        yield f"redis://:{HUSHED['redis']}@127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def working(environ: dict[str, str], log: Path) -> Iterator[None]:
    """The app's worker under the same settings."""
    words = [sys.executable, "-c", "from bff.cli import main; main()", "work", "settlement"]
    with log.open("wb") as out:
        process = subprocess.Popen(words, env={"PATH": os.environ["PATH"], **environ}, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def said_by(log: Path, event: str) -> None:
    """Wait until an event is in a log."""
    until = time.monotonic() + 60
    while f'"event": "{event}"' not in log.read_text("utf-8"):
        assert time.monotonic() < until, log.read_text("utf-8")
        time.sleep(0.1)


@contextlib.contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[None]:
    """The settlement app under these settings."""
    port = environ["BIZOPS_BASE_URL"].rpartition(":")[2]
    words = [sys.executable, "-c", "from bff.cli import main; main()", "serve", "settlement", "--port", port]
    with log.open("wb") as out:
        process = subprocess.Popen(words, env={"PATH": os.environ["PATH"], **environ}, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60
        while not answers(f"http://localhost:{port}/health/live"):
            assert time.monotonic() < until, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    """Whether anybody does."""
    try:
        return urllib3.request("GET", url, retries=False, timeout=2).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.fixture
def visitor() -> Iterator[Browser]:
    fresh = Browser()
    yield fresh
    fresh.pool.clear()


def test_no_secret_and_no_token_is_ever_logged(tmp_path: Path, visitor: Browser) -> None:
    with contextlib.ExitStack() as running:
        plain = running.enter_context(real_postgresql.running())
        own = prepared(plain)
        url = f"http://localhost:{free_port()}"
        provider = running.enter_context(provider_at(free_port(), tmp_path, [client_entry("settlement", url)]))
        environ = {
            "BIZOPS_BASE_URL": url,
            "BIZOPS_LOG_LEVEL": "DEBUG",
            "BIZOPS_STATE_DIR": str(tmp_path / "app"),
            "BIZOPS_OIDC_ISSUER": provider,
            "BIZOPS_OIDC_CLIENT_ID": "settlement",
            "BIZOPS_OIDC_CLIENT_SECRET": SECRET,
            "BIZOPS_REDIS_URL": running.enter_context(guarded_redis(tmp_path)),
            "BIZOPS_DATABASE_URL": own,
            "BIZOPS_ACCESS_DATABASE_URL": own,
            "BIZOPS_HUB_LEDGER_URL": "http://localhost:9",
            "BIZOPS_HUB_SETTLEMENT_URL": "http://localhost:9/v2",
            "BIZOPS_HUB_DATABASE_URL": f"mysql+pymysql://reader:{HUSHED['hub']}@localhost:9/central_ledger",
            "BIZOPS_METRICS_TOKEN": HUSHED["metrics"],
        }
        running.enter_context(serving(environ, tmp_path / "log.json"))
        running.enter_context(working(environ, tmp_path / "worker.json"))
        app = Running(url, tmp_path / "log.json")
        said_by(tmp_path / "worker.json", "worker_started")
        carried = walk(app, visitor)
        drop(plain)
        for path in ("/windows", "/approvals", "/health/ready", "/auth/login"):
            visitor.open(url + path)
        said_by(tmp_path / "worker.json", "worker_round_failed")
        said = app.said + (tmp_path / "worker.json").read_text("utf-8")
    hidden = {SECRET, own, *HUSHED.values(), *carried}
    assert [secret for secret in hidden if secret in said] == []
    assert TOKEN.findall(said) == []
    events = set(re.findall(r'"event": "([a-z_]+)"', said))
    assert {"request", "hub_unreachable"} <= events
    assert "500" in said or "503" in said


def prepared(plain: str) -> str:
    """The database's URL with a password, which that server does not even ask for; an operator is in it."""
    own = plain.replace("postgres@", f"postgres:{HUSHED['database']}@")
    for where in [*own_migrations("settlement"), "bff.access:migrations"]:
        upgrade(own, where)
    SqlAssignments(own).assign("u-olivia", "operator", "a test")
    engine_for(own).dispose()
    return own


def drop(plain: str) -> None:
    """Take the database away, so that everything goes wrong that can go wrong without one."""
    with psycopg.connect(f"{plain.rpartition('/')[0].replace('+psycopg', '')}/template1", autocommit=True) as line:
        line.execute("DROP DATABASE postgres WITH (FORCE)")


def walk(app: Running, visitor: Browser) -> set[str]:
    """Sign in, meet failures and refusals; what the browser carried meanwhile that is nobody else's."""
    begun = choose(visitor, visitor.open(f"{app.url}/windows"))
    assert begun.url.startswith(app.url), begun.text
    visitor.open(f"{app.url}/windows/1")  # the hub is away
    visitor.post(f"{app.url}/windows/1/close", {"reason": "x"}, source="http://evil.example/")
    visitor.open(f"{app.url}/auth/callback?code=hush-code-of-nobody&state=hush-state-of-nobody")
    for token in (HUSHED["metrics"], HUSHED["bearer"]):
        for path in ("/metrics", "/api/windows"):
            urllib3.request("GET", app.url + path, headers={"Authorization": f"Bearer {token}"}, retries=False)
    visitor.open(f"{app.url}/windows?filter={HUSHED['bearer']}")
    carried = {"hush-code-of-nobody", "hush-state-of-nobody"}
    carried |= {part for value, _ in visitor.cookies["localhost"].values() for part in value.split(".")}
    for page in visitor.seen:
        carried |= set(re.findall(r"[?&](?:code|state|nonce|request_uri)=([^&]{12,})", page.url))
    assert len(carried) > 6
    return carried
