"""One set of promises for every directory: kept by the one in memory and by a SCIM client on a real provider."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from microfrontends.users.directory import Directory, DirectoryUnavailable, Wanted
from microfrontends.users.directory.scim import Client, ScimDirectory
from microfrontends.users.tests.fakes import FakeDirectory
from sandbox.provider.people import read_people

USERS = Path(__file__).parents[3] / "sandbox" / "users.yaml"
CLIENT = {"client_id": "users", "client_secret": "a secret: with+signs", "name": "Users", "scopes": ["scim"]}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox's provider, as a process of its own."""
    folder = tmp_path_factory.mktemp("provider")
    clients = folder / "clients.json"
    clients.write_text(json.dumps([CLIENT, {**CLIENT, "client_id": "stranger", "scopes": []}]), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--users", str(USERS), "--clients", str(clients), "--state", str(folder / "state")]
    with subprocess.Popen([sys.executable, "-m", "sandbox.provider", *options]) as process:
        _wait_for(f"http://localhost:{port}/health/ready")
        yield f"http://localhost:{port}"
        process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if urllib3.request("GET", url, retries=False, timeout=1).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise TimeoutError(url)


def scim(issuer: str, client_id: str = "users", secret: str = CLIENT["client_secret"]) -> ScimDirectory:  # type: ignore[assignment]
    return ScimDirectory(f"{issuer}/scim/v2", Client(issuer, client_id, secret))


@pytest.fixture(params=["memory", "scim"])
def directory(request: pytest.FixtureRequest) -> Directory:
    """Either directory, with the people of the sandbox."""
    if request.param == "scim":
        return scim(request.getfixturevalue("issuer"))
    known = FakeDirectory()
    for person in read_people(USERS):
        known.add(person.subject, person.name, active=person.active)
    return known


def test_people_come_by_user_name_some_at_a_time(directory: Directory) -> None:
    first, second = directory.page(Wanted(), 1, 50), directory.page(Wanted(), 51, 50)
    last = directory.page(Wanted(), 101, 50)
    assert first.total == second.total == last.total == 126
    assert (len(first.people), len(second.people), len(last.people)) == (50, 50, 26)
    names = [person.username for page in (first, second, last) for person in page.people]
    assert names == sorted(names)
    assert len({person.subject for page in (first, second, last) for person in page.people}) == 126


def test_a_search_finds_a_piece_of_a_name_whatever_its_capitals(directory: Directory) -> None:
    found = directory.page(Wanted("oKELlo"), 1, 50)
    assert [(person.subject, person.name) for person in found.people] == [("u-101", "Olivia Okello")]


@pytest.mark.parametrize("search", ['"', "\\", '" or id pr or userName co "', "nobody-at-all", "é"])
def test_a_search_is_only_ever_a_text(directory: Directory, search: str) -> None:
    assert directory.page(Wanted(search), 1, 50).total == 0


def test_the_inactive_are_told_apart_also_in_a_search(directory: Directory) -> None:
    inactive = directory.page(Wanted(active=False), 1, 100)
    assert inactive.total == 7
    assert not any(person.active for person in inactive.people)
    everyone = directory.page(Wanted("a"), 1, 1).total
    parts = [directory.page(Wanted("a", active), 1, 1).total for active in (True, False)]
    assert (sum(parts), parts[1] > 0) == (everyone, True)


def test_one_person_is_known_by_subject_and_a_stranger_is_not(directory: Directory) -> None:
    known = directory.person("u-103")
    assert known is not None
    assert (known.name, known.email) == ("Clara Chanda", "clara@example.com")
    assert directory.person("u-999") is None
    assert directory.person("../Users") is None


def test_many_are_named_at_once_and_strangers_are_left_out(directory: Directory) -> None:
    wanted = [f"u-{number}" for number in (*range(101, 107), *range(201, 260), 999)]
    assert sorted(directory.named(wanted)) == sorted(wanted[:-1])
    assert directory.named([]) == {}


def test_a_client_without_the_scope_or_with_a_wrong_secret_is_told_apart_from_no_people(issuer: str) -> None:
    for stranger in (scim(issuer, "stranger"), scim(issuer, secret="wrong")):
        with pytest.raises(DirectoryUnavailable):
            stranger.page(Wanted(), 1, 1)


def test_a_token_that_the_directory_does_not_take_any_more_is_renewed(issuer: str) -> None:
    directory = scim(issuer)
    assert directory.person("u-103")
    directory._token._value = "stale"
    assert directory.person("u-103")


def test_a_directory_that_is_not_there_is_unavailable(issuer: str) -> None:
    with pytest.raises(DirectoryUnavailable):
        scim("http://localhost:9").page(Wanted(), 1, 1)
    elsewhere = ScimDirectory(f"{issuer}/no/such/place", Client(issuer, "users", str(CLIENT["client_secret"])))
    with pytest.raises(DirectoryUnavailable):
        elsewhere.page(Wanted(), 1, 1)
