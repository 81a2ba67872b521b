"""What is registered is kept in the database: every process sees a change, and goes on when the database is away."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from bff.access.tests import real_postgresql
from bff.change.tests import real_mariadb
from bff.database import engine_for, own_migrations, upgrade
from shell.client import Client
from shell.connections import Origin
from shell.registry import Registry
from shell.registry.keeping import Keeping
from shell.registry.records import Record, Share, Source, State, in_force
from shell.registry.store import Store, Told
from shell.tests.apps import routes
from shell.tests.conftest import serves_manifest
from shell.tests.registering import eventually, somebody
from shell.tests.scripted import ScriptedServer
from tests.figures import figure

ALPHA = Record("alpha", "http://alpha:8001", registered_at="2026-11-22T10:00:00+00:00")
BY_HAND = Told("shell.register_microfrontend", "u-paula", "Paula Phiri", "à cause de 🔑", None)
DATABASES = ["sqlite"]
DATABASES += ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each database, with the shell's tables."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp(request.param)
        sqlite = f"sqlite:///{folder / 'app.sqlite'}"
        url = sqlite if request.param == "sqlite" else stack.enter_context(SERVERS[request.param]())
        for where in own_migrations("shell"):
            upgrade(url, where)
        yield url
        engine_for(url).dispose()


@pytest.fixture
def store(url: str) -> Store:
    """A registry without entries."""
    with engine_for(url).begin() as connection:
        for table in ("registered_app", "registry_change", "kept_manifest"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    return Store(url)


def test_a_record_comes_back_as_it_was_kept(store: Store) -> None:
    record = replace(ALPHA, state=State.DISABLED, version="1.0", share=Share("http://b", 20, ("tester", "rôle"), "2.0"))
    before = store.revision()
    assert store.change("alpha", lambda _: record, BY_HAND)
    revision, records = store.load()
    assert (revision, records) == (before + 1, {"alpha": record})
    (change,) = store.history("alpha")
    assert (change.told, change.before, change.after) == (BY_HAND, None, record)


def test_changes_of_one_record_follow_one_another(store: Store) -> None:
    store.change("alpha", lambda _: ALPHA, BY_HAND)

    def grow(_: int) -> bool:
        def edit(record: Record | None) -> Record:
            assert record is not None
            old = record.share.percent if record.share else 0
            return replace(record, share=Share("http://b", old + 1))

        return store.change("alpha", edit, BY_HAND)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(grow, range(24)))
    share = store.load()[1]["alpha"].share
    assert share is not None
    assert share.percent == 24
    assert len(store.history("alpha")) == 25


def test_one_request_changes_it_once(store: Store) -> None:
    told = replace(BY_HAND, task="0f6d6a2e-0000-4000-8000-000000000001")
    assert store.change("alpha", lambda _: ALPHA, told)
    assert not store.change("alpha", lambda _: None, told)
    assert store.done(str(told.task))
    assert store.load()[1] == {"alpha": ALPHA}


def test_a_change_that_is_refused_changes_nothing(store: Store) -> None:
    def refuse(_: Record | None) -> Record:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.change("alpha", refuse, BY_HAND)
    assert store.load()[1] == {}
    assert store.history("alpha") == []


def test_one_of_many_claims_a_manifest_and_the_newest_three_are_kept(url: str, store: Store) -> None:
    keeping = Keeping(url)
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda _: keeping.claim("alpha@http://alpha", "2.0"), range(12))) == 1
    keeping.give_up("alpha@http://alpha", "2.0")
    assert keeping.claim("alpha@http://alpha", "2.0")
    for number in range(2, 7):
        keeping.keep("alpha@http://alpha", f"{number}.0", {"version": number, "title": "é" * 40_000})
    kept = keeping.of("alpha@http://alpha")
    assert len(kept) == 3
    assert "6.0" in {each.version for each in kept}
    assert not keeping.claim("alpha@http://alpha", "6.0")


def test_a_pinned_manifest_stays_and_claims_of_the_dead_do_not(url: str, store: Store) -> None:
    keeping, here = Keeping(url), "alpha@http://alpha"
    for number in range(1, 7):
        keeping.keep(here, f"{number}.0", {"version": number}, pinned="1.0")
    assert "1.0" in {each.version for each in keeping.of(here)}
    for number in range(10, 14):
        assert keeping.claim(here, f"{number}.0")
    with engine_for(url).begin() as connection:
        long_ago = datetime(2026, 1, 1)  # noqa: DTZ001 - as the database has it
        connection.execute(sa.text("UPDATE kept_manifest SET read_at = :at WHERE document = ''"), {"at": long_ago})
    keeping.give_up(here, "14.0")
    with engine_for(url).connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM kept_manifest WHERE document = ''")).scalar_one() == 0


def test_the_configuration_comes_first_and_says_where_an_app_is() -> None:
    moved = replace(ALPHA, source=Source.CONFIGURATION, state=State.DISABLED, url="http://old")
    forgotten = replace(ALPHA, name="old", source=Source.CONFIGURATION)
    by_hand = replace(ALPHA, name="gamma")
    origins = {"beta": Origin("http", "beta", 80), "alpha": Origin("http", "alpha", 8001)}
    found = in_force(origins, {each.name: each for each in (by_hand, moved, forgotten)})
    assert list(found) == ["beta", "alpha", "gamma"]
    assert (found["alpha"].url, found["alpha"].state) == ("http://alpha:8001", State.DISABLED)


MakeRegistry = Callable[[], Registry]


@pytest.fixture
def process(client: Client, own_database: str) -> Iterator[MakeRegistry]:
    """Makes the registry of one more process over one database."""
    made: list[Registry] = []

    def make() -> Registry:
        made.append(Registry({}, client, Store(own_database), Keeping(own_database)))
        made[-1].start()
        return made[-1]

    yield make
    for registry in made:
        registry.stop()


def test_an_app_that_is_registered_is_in_the_menu_of_every_process_soon(process: MakeRegistry) -> None:
    processes = [process() for _ in range(3)]
    with ScriptedServer(routes({"/manifest.json": serves_manifest("alpha")})) as server:
        record = replace(ALPHA, url=server.url)
        began = time.monotonic()
        processes[0].store.change("alpha", lambda _: record, BY_HAND)

        def shown(registry: Registry) -> bool:
            return any(app.manifest and app.manifest.navigation for app in registry.seen_by(somebody("u-1")))

        assert eventually(lambda: all(map(shown, processes)))
        figure("registry_seen_everywhere_s", f"{time.monotonic() - began:.1f}", "s")
        processes[1].store.change("alpha", lambda _: replace(record, state=State.DISABLED), BY_HAND)
        assert eventually(lambda: not any(map(shown, processes)))
        assert [each.route("alpha", somebody("u-1")) for each in processes] == [None] * 3


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database without the registry's tables, as good as gone to whoever asks it."""
    with engine_for(url).begin() as connection:
        connection.execute(sa.text("ALTER TABLE registry_state RENAME TO hidden"))
    yield
    with engine_for(url).begin() as connection:
        connection.execute(sa.text("ALTER TABLE hidden RENAME TO registry_state"))


def test_while_the_database_is_away_what_was_known_stands(process: MakeRegistry, own_database: str) -> None:
    registry = process()
    registry.store.change("alpha", lambda _: ALPHA, BY_HAND)
    assert eventually(lambda: registry.get("alpha"))
    with away(own_database):
        assert eventually(lambda: registry.problem)
        registry.reload()
        assert registry.get("alpha") is not None
        started_meanwhile = process()
        assert started_meanwhile.all() == ()
    assert eventually(lambda: not registry.problem and started_meanwhile.get("alpha"))
