"""How the registry learns who is here, notices what changed, and remembers what it knew."""

import json
from collections.abc import Callable, Iterator

import pytest

from shell.client import Client
from shell.connections import Origin
from shell.registry import MicroFrontend, Registry
from shell.registry.keeping import Keeping
from shell.registry.store import Store
from shell.tests.apps import Asked, manifest, routes, says
from shell.tests.conftest import serves_manifest
from shell.tests.registering import eventually
from shell.tests.scripted import Peer, ScriptedServer


@pytest.fixture
def watching(client: Client, own_database: str) -> Iterator[Callable[[Origin], Registry]]:
    """Makes a registry of one micro-frontend, `alpha`; it keeps manifests in the test's own database."""
    made: list[Registry] = []

    def make(origin: Origin) -> Registry:
        made.append(Registry({"alpha": origin}, client, Store(own_database), Keeping(own_database)))
        made[-1].reload()
        return made[-1]

    yield make
    for registry in made:
        registry.stop()


def alpha(registry: Registry) -> MicroFrontend:
    known = registry.get("alpha")
    assert known is not None
    return known


def version_of(registry: Registry) -> str | None:
    known = alpha(registry).manifest
    return known.version if known else None


def nobody() -> Origin:
    """An origin at which nobody listens."""
    with ScriptedServer(routes({})) as server:
        return server.origin


def test_a_manifest_is_read_by_the_registrys_own_thread(watching: Callable[[Origin], Registry]) -> None:
    with ScriptedServer(routes({"/manifest.json": serves_manifest("alpha")})) as server:
        registry = watching(server.origin)
        assert alpha(registry).title_in("fr") == "Alpha"
        registry.start()
        assert eventually(lambda: version_of(registry) == "1.0")
        assert alpha(registry).title_in("fr") == "Appli alpha"


def test_an_app_that_starts_after_the_shell_is_found(watching: Callable[[Origin], Registry]) -> None:
    registry = watching(nobody())
    registry.start()
    assert eventually(lambda: alpha(registry).unavailable_since)
    table = {"/manifest.json": serves_manifest("alpha")}
    with ScriptedServer(routes(table), port=alpha(registry).origin.port):
        assert eventually(lambda: version_of(registry) == "1.0")
        assert alpha(registry).unavailable_since is None


def test_a_manifest_is_kept_while_its_app_is_down_and_over_a_restart(watching: Callable[[Origin], Registry]) -> None:
    with ScriptedServer(routes({"/manifest.json": serves_manifest("alpha")})) as server:
        first = watching(server.origin)
        first.read_manifests(["alpha"])
    first.read_manifests(["alpha"])
    assert version_of(first) == "1.0"
    assert alpha(first).unavailable_since is not None
    assert version_of(watching(server.origin)) == "1.0"


@pytest.mark.parametrize(
    "document",
    [
        b"not json",
        b"[]",
        b'{"name": "alpha"}',
        json.dumps(manifest("beta")).encode(),
        json.dumps(manifest("alpha", contract="2")).encode(),
        json.dumps(manifest("alpha", navigation=[{"label": "Out", "href": "//evil.example"}])).encode(),
        json.dumps(manifest("alpha", navigation=[{"label": "Out", "href": "https://evil.example"}])).encode(),
        json.dumps(manifest("alpha", slots=[{"name": "home", "href": "/a HTTP/1.1"}])).encode(),
        json.dumps(manifest("alpha", slots=[{"name": "home", "href": "/caf\u00e9"}])).encode(),
        b"[" * 100_000,
    ],
)
def test_a_broken_manifest_leaves_the_last_good_one(watching: Callable[[Origin], Registry], document: bytes) -> None:
    answers = [json.dumps(manifest("alpha")).encode(), document]
    with ScriptedServer(routes({"/manifest.json": lambda peer, _: peer.answer(answers.pop(0))})) as server:
        registry = watching(server.origin)
        registry.read_manifests(["alpha"])
        registry.read_manifests(["alpha"])
        assert version_of(registry) == "1.0"
        assert alpha(registry).unavailable_since is None


def test_what_a_manifest_says_beyond_the_contract_is_passed_over(watching: Callable[[Origin], Registry]) -> None:
    with ScriptedServer(routes({"/manifest.json": serves_manifest("alpha", mascot="an otter")})) as server:
        registry = watching(server.origin)
        registry.read_manifests(["alpha"])
        assert version_of(registry) == "1.0"


def test_a_new_version_is_noticed_by_the_answers_and_read_once(watching: Callable[[Origin], Registry]) -> None:
    versions = ["1.0", "2.0"]

    def current(peer: Peer, asked: Asked) -> None:
        peer.answer(json.dumps(manifest("alpha", version=versions[0])).encode(), Content_Type="application/json")

    with ScriptedServer(routes({"/manifest.json": current})) as server:
        registry = watching(server.origin)
        registry.read_manifests(["alpha"])
        registry.start()
        versions.pop(0)
        for _ in range(50):
            registry.answered(alpha(registry), "2.0")
        assert eventually(lambda: version_of(registry) == "2.0")
        registry.answered(alpha(registry), "2.0")
        assert len(server.requests) <= 3


def test_one_failed_request_does_not_make_an_app_unavailable_while_its_manifest_answers(
    watching: Callable[[Origin], Registry],
) -> None:
    with ScriptedServer(routes({"/manifest.json": serves_manifest("alpha")})) as server:
        registry = watching(server.origin)
        registry.read_manifests(["alpha"])
        registry.failed(alpha(registry), refused=False)
        assert alpha(registry).unavailable_since is None


def test_a_refused_connection_makes_an_app_unavailable_until_it_answers(
    watching: Callable[[Origin], Registry],
) -> None:
    registry = watching(nobody())
    registry.failed(alpha(registry), refused=True)
    since = alpha(registry).unavailable_since
    registry.failed(alpha(registry), refused=True)
    assert since is not None
    assert alpha(registry).unavailable_since == since
    registry.answered(alpha(registry), None)
    assert alpha(registry).unavailable_since is None


def test_an_app_behind_a_proxy_that_answers_for_it_is_unavailable(watching: Callable[[Origin], Registry]) -> None:
    with ScriptedServer(routes({"/manifest.json": says(b"bad gateway", "502 Bad Gateway")})) as server:
        registry = watching(server.origin)
        registry.read_manifests(["alpha"])
        assert alpha(registry).unavailable_since is not None
