"""Two versions behind one address, a share of people on another: nobody meets a fallback, nobody is moved about."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from bff.database import engine_for
from shell.client import Client
from shell.connections import Origin
from shell.registry import MicroFrontend, Registry
from shell.registry.keeping import Keeping
from shell.registry.manifests import read
from shell.registry.records import Record, Share
from shell.registry.store import Store, Told
from shell.registry.upstream import SETTLED, Upstream
from shell.tests.apps import Asked, Route, manifest, page, routes
from shell.tests.conftest import MakePortal, serves_manifest
from shell.tests.registering import eventually, somebody
from shell.tests.scripted import Peer, ScriptedServer

BY_HAND = Told("test")
MakeRegistry = Callable[..., Registry]


def of_version(version: str) -> Route:
    """A manifest of this version, whose one entry names it."""
    navigation = [{"label": f"Pages of {version}", "href": f"/{version}"}]
    return serves_manifest("alpha", version=version, navigation=navigation)


def in_turn(*versions: str) -> dict[str, Route]:
    """What a balancer over replicas of several versions answers: each request comes to the next of them."""
    turn, lock = itertools.cycle(versions), threading.Lock()

    def next_one() -> str:
        with lock:
            return next(turn)

    def serve(peer: Peer, asked: Asked) -> None:
        version = next_one()
        content = f"<h1>Page of {version}</h1>".encode()
        peer.answer(content, Portal_Title="Page", Portal_Version=version)

    return {
        "/manifest.json": lambda peer, asked: of_version(next_one())(peer, asked),
        "/pages": serve,
    }


@pytest.fixture
def registered(client: Client, own_database: str) -> Iterator[MakeRegistry]:
    """Makes registries of one process each over one database: `alpha` at an origin, watched."""
    with ExitStack() as stack:

        def make(origin: Origin | None = None) -> Registry:
            configured = {"alpha": origin} if origin else {}
            registry = Registry(configured, client, Store(own_database), Keeping(own_database))
            stack.callback(registry.stop)
            registry.start()
            return registry

        yield make


def manifest_reads(server: ScriptedServer) -> int:
    return sum(Asked.of(raw).target == "/manifest.json" for raw in list(server.requests))


def seen(registry: Registry, subject: str, *roles: str) -> MicroFrontend:
    app = registry.route("alpha", somebody(subject, *roles))
    assert app is not None
    return app


def send(registry: Registry, share: Share | None) -> None:
    """Send a share of people elsewhere, as an action would, and read who is there."""

    def edit(record: Record | None) -> Record:
        assert record is not None
        return Record.of({**record.as_json(), "share": share and vars(share)})

    registry.store.change("alpha", edit, BY_HAND, kept=registry.record("alpha"))
    registry.reload()
    registry.read_manifests(["alpha"])


def test_no_page_falls_back_while_two_versions_answer_in_turn(portal: MakePortal) -> None:
    made = portal(alpha=in_turn("1.0", "2.0"))
    browser = made.user("reader")
    answers = [browser.get("/alpha/pages") for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text.partition("Page of ")[2][:3] for answer in answers} == {"1.0", "2.0"}
    assert eventually(lambda: len(made.platform.registry.facts("alpha")[0].versions) == 2)
    assert manifest_reads(made.servers["alpha"]) < 8


def test_an_unknown_version_is_served_and_its_manifest_read_behind_it(portal: MakePortal) -> None:
    versions = ["1.0"]

    def current(peer: Peer, asked: Asked) -> None:
        of_version(versions[-1])(peer, asked)

    made = portal(alpha={"/manifest.json": current, "/pages": page})
    versions.append("2.0")
    registry = made.platform.registry
    registry.answered(seen(registry, "u-1"), "2.0")
    assert eventually(lambda: (found := registry.get("alpha")) and found.manifest and found.manifest.version == "2.0")


def test_one_process_reads_a_new_manifest_for_all_of_them(registered: MakeRegistry) -> None:
    versions = ["1.0"]

    def current(peer: Peer, asked: Asked) -> None:
        peer.answer(json.dumps(manifest("alpha", version=versions[-1])).encode(), Content_Type="application/json")

    with ScriptedServer(routes({"/manifest.json": current})) as server:
        processes = [registered(server.origin) for _ in range(4)]
        assert eventually(lambda: all(each.facts("alpha")[0].read_at for each in processes))
        before = manifest_reads(server)
        versions.append("2.0")
        for _ in range(50):
            for each in processes:
                each.answered(seen(each, "u-1"), "2.0")
        assert eventually(lambda: all("2.0" in each.facts("alpha")[0].versions for each in processes), 10)
        assert manifest_reads(server) - before == 1


def test_a_process_that_starts_while_an_app_is_down_has_its_menu_from_another(
    registered: MakeRegistry, own_database: str
) -> None:
    with ScriptedServer(routes({"/manifest.json": of_version("1.0")})) as server:
        first = registered(server.origin)
        assert eventually(lambda: Keeping(own_database).of(seen(first, "u-1").upstream))
    second = registered(server.origin)
    told = seen(second, "u-1").manifest
    assert told is not None
    assert told.version == "1.0"


def test_an_app_that_names_a_new_version_in_each_answer_is_read_now_and_then_and_leaves_nothing_behind(
    registered: MakeRegistry, own_database: str
) -> None:
    with ScriptedServer(routes({"/manifest.json": of_version("1.0")})) as server:
        registry = registered(server.origin)
        assert eventually(lambda: seen(registry, "u-1").manifest)
        before = manifest_reads(server)
        for number in range(1000):
            registry.answered(seen(registry, "u-1"), f"9.{number}")
        assert eventually(lambda: manifest_reads(server) > before)
        assert manifest_reads(server) - before < 3
        engine = engine_for(own_database)
        claims = sa.text("SELECT count(*) FROM kept_manifest WHERE document = ''")

        def left() -> int:
            with engine.connect() as connection:
                return int(connection.execute(claims).scalar_one())

        assert eventually(lambda: left() == 0)


def test_an_app_that_goes_back_to_an_older_version_takes_its_menu_back() -> None:
    upstream = Upstream("alpha", Origin("http", "alpha", 80), lambda: None)
    for at, version in ((90.0, "1.0"), (100.0, "2.0")):
        upstream.learn(read(manifest("alpha", version=version), "alpha"), at)
    assert upstream.hear("1.0", 101.0)
    assert upstream.running == "2.0"
    assert upstream.hear("1.0", 101.0 + SETTLED)
    assert upstream.running == "1.0"


@pytest.fixture
def two(registered: MakeRegistry) -> Iterator[tuple[Registry, ScriptedServer]]:
    """A registry of `alpha` at one address with version 1.0, and a server of version 2.0 besides."""
    with (
        ScriptedServer(routes({"/manifest.json": of_version("1.0")})) as old,
        ScriptedServer(routes({"/manifest.json": of_version("2.0")})) as new,
    ):
        registry = registered(old.origin)
        registry.read_manifests(["alpha"])
        yield registry, new


PEOPLE = [f"u-{number}" for number in range(2000)]
Two = tuple[Registry, ScriptedServer]


def moved(registry: Registry) -> set[str]:
    """Who of many is sent to the second address."""
    first = registry.get("alpha")
    assert first is not None
    return {subject for subject in PEOPLE if seen(registry, subject).origin != first.origin}


def test_a_share_of_people_sees_the_other_version_and_the_same_ones_each_time(two: Two) -> None:
    registry, new = two
    send(registry, Share(new.url, 20))
    there = moved(registry)
    assert 0.17 < len(there) / len(PEOPLE) < 0.23
    assert moved(registry) == there
    assert seen(registry, next(iter(there))).upstream == f"alpha@{new.url}"


def test_a_larger_share_moves_people_only_towards_the_new_version(two: Two) -> None:
    registry, new = two
    before: set[str] = set()
    for percent in (0, 1, 5, 20, 50, 99, 100):
        send(registry, Share(new.url, percent))
        now = moved(registry)
        assert before <= now
        before = now
    assert before == set(PEOPLE)


def test_holders_of_a_role_are_sent_there_whatever_the_share(two: Two) -> None:
    registry, new = two
    send(registry, Share(new.url, 0, ("tester",)))
    assert seen(registry, "u-1", "operator", "tester").origin == new.origin
    assert moved(registry) == set()


def test_an_assertion_is_for_the_apps_name_at_either_address(two: Two) -> None:
    registry, new = two
    send(registry, Share(new.url, 100))
    assert {seen(registry, subject).name for subject in PEOPLE[:10]} == {"alpha"}


def test_nobody_is_sent_to_a_version_that_does_not_answer(two: Two, client: Client) -> None:
    registry, new = two
    send(registry, Share(new.url, 100))
    there = seen(registry, "u-1")
    registry.failed(there, refused=True)
    assert seen(registry, "u-1").origin != new.origin
    registry.answered(there, "2.0")
    assert seen(registry, "u-1").origin == new.origin


def test_what_a_person_sees_is_remembered_until_something_changes(two: Two) -> None:
    registry, new = two
    who = somebody("u-1")
    assert registry.seen_by(who) is registry.seen_by(who)
    assert registry.seen_by(who)[0].origin != new.origin
    send(registry, Share(new.url, 100))
    (there,) = registry.seen_by(who)
    assert there.origin == new.origin
    registry.failed(there, refused=True)
    assert registry.seen_by(who)[0].origin != new.origin
    registry.answered(there, "2.0")
    assert registry.seen_by(who)[0].origin == new.origin


def test_a_share_that_names_a_version_takes_nobody_while_another_runs_there(two: Two) -> None:
    registry, new = two
    send(registry, Share(new.url, 100, version="3.0"))
    assert moved(registry) == set()
    send(registry, Share(new.url, 100, version="2.0"))
    assert moved(registry) == set(PEOPLE)


def test_the_menu_is_that_of_the_version_that_a_person_sees(two: Two) -> None:
    registry, new = two
    send(registry, Share(new.url, 0, ("tester",)))
    menus = []
    for who in (somebody("u-1"), somebody("u-2", "tester")):
        (app,) = registry.seen_by(who)
        assert app.manifest is not None
        menus.append(app.manifest.navigation[0].href)
    assert menus == ["/1.0", "/2.0"]
