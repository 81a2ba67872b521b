"""One set of promises for every directory: kept in memory, by SCIM on the sandbox's provider, and by Keycloak.

Keycloak's answers are those of a real one, recorded: see docs/how-to/connect-a-directory.md for how to ask it anew.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from contextvars import Context
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from bff.errors import OutsideAction
from bff.run import Person as Maker
from bff.run import Run, running
from microfrontends.users.directory import (
    Directory,
    DirectoryUnavailable,
    Moved,
    Newcomer,
    NotAccepted,
    Order,
    Taken,
    Wanted,
)
from microfrontends.users.directory.keycloak import KeycloakDirectory
from microfrontends.users.directory.line import Client
from microfrontends.users.directory.scim import SCOPE, ScimDirectory
from microfrontends.users.tests import keycloak
from microfrontends.users.tests.exchanges import Script, Server, serving
from microfrontends.users.tests.fakes import FakeDirectory
from sandbox.provider.people import Person, read_people
from sandbox.tests.relying_party import PORTAL, Browser, Running, running_provider

USERS = Path(__file__).parents[3] / "sandbox" / "users.yaml"
RECORDED = Path(__file__).parent / "recorded" / "keycloak-26.0.7.jsonl"
CLIENT = {"client_id": "users", "client_secret": "a secret: with+signs", "name": "Users", "scopes": ["scim"]}
EVERYBODY = 128


@pytest.fixture(autouse=True)
def run() -> Iterator[None]:
    """A change that was let through: outside of one nothing is written to a directory."""
    maker = Maker("u-102", "Marcus Mwangi", "marcus")
    with running(Run("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", maker)):
        yield


@dataclass(frozen=True)
class World:
    """A directory, and a way for its people to come."""

    directory: Directory
    sign_in: Callable[[str], object]


def in_memory() -> World:
    known = FakeDirectory()
    for person in people():
        known.add(person.subject, person.name, active=person.active, seen_days_ago=person.seen_days_ago)
        told = replace(known.people[person.subject], username=person.username, email=person.email)
        known.people[person.subject] = replace(told, organisation=person.organisation)
    return World(known, known.sign_in)


def people() -> list[Person]:
    return list(read_people(USERS))


def scim(issuer: str, client_id: str = "users", secret: str = str(CLIENT["client_secret"])) -> ScimDirectory:
    return ScimDirectory(f"{issuer}/scim/v2", Client(issuer, client_id, secret, SCOPE))


def of_realm(server: Server, secret: str = keycloak.SECRET) -> KeycloakDirectory:
    client = Client(f"{server.url}/realms/{keycloak.REALM}", keycloak.CLIENT_ID, secret)
    return KeycloakDirectory(f"{server.url}/admin/realms/{keycloak.REALM}", client)


def come(provider: Running, username: str) -> None:
    with closing(Browser(provider)) as visitor:
        assert visitor.submit({"username": username, "password": "bizops"}).status_code == 303


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The sandbox's provider on loopback."""
    stranger = {**CLIENT, "client_id": "stranger", "scopes": []}
    with running_provider(tmp_path_factory.mktemp("provider"), PORTAL, CLIENT, stranger) as running:
        yield running


@pytest.fixture(scope="module")
def realm() -> Iterator[Server]:
    """Keycloak's realm: what it said to each test when it was asked last, or itself where one is named."""
    with ExitStack() as stack:
        folder = keycloak.distribution()
        if folder:
            real = stack.enter_context(keycloak.running(folder, people()))
            yield stack.enter_context(serving(Script(RECORDED), real))
        else:
            yield stack.enter_context(serving(Script.read(RECORDED)))


@pytest.fixture
def server(realm: Server, request: pytest.FixtureRequest) -> Server:
    """The realm, told who asks."""
    realm.begin(request.node.name)
    return realm


@pytest.fixture(params=["memory", "scim", "keycloak"])
def world(request: pytest.FixtureRequest) -> World:
    """Each directory, with the people of the sandbox."""
    if request.param == "memory":
        return in_memory()
    if request.param == "scim":
        provider: Running = request.getfixturevalue("provider")
        return World(scim(provider.url), lambda username: come(provider, username))
    server: Server = request.getfixturevalue("server")
    return World(of_realm(server), lambda username: by_password(server, username))


def by_password(server: Server, username: str) -> None:
    form = {"grant_type": "password", "client_id": keycloak.CLIENT_ID, "client_secret": keycloak.SECRET}
    url = f"{server.url}/realms/{keycloak.REALM}/protocol/openid-connect/token"
    requests.post(url, data={**form, "username": username, "password": "bizops"}, timeout=10).raise_for_status()


@pytest.fixture
def directory(world: World) -> Directory:
    """Each directory."""
    return world.directory


@pytest.mark.parametrize("order", list(Order))
def test_people_come_in_order_some_at_a_time(directory: Directory, order: Order) -> None:
    pages = [directory.page(Wanted(order=order), first, 50) for first in (1, 51, 101)]
    assert [page.total for page in pages] == [EVERYBODY] * 3
    assert [len(page.people) for page in pages] == [50, 50, EVERYBODY - 100]
    found = [person for page in pages for person in page.people]
    assert found == sorted(found, key=lambda person: str(getattr(person, order)).casefold())
    assert len({person.subject for person in found}) == EVERYBODY


def test_a_search_finds_a_piece_of_a_name_whatever_its_capitals(directory: Directory) -> None:
    found = directory.page(Wanted("oKELlo"), 1, 50)
    assert [(person.subject, person.name) for person in found.people] == [("u-101", "Olivia Okello")]
    assert [person.subject for person in directory.page(Wanted("livia oke"), 1, 50).people] == ["u-101"]
    assert [person.subject for person in directory.page(Wanted("marcus@"), 1, 50).people] == ["u-102"]


@pytest.mark.parametrize(
    "search", ['"', "\\", '" or id pr or userName co "', "nobody-at-all", "é", "*", "%", "_", "id:u-101", "(", "\x00"]
)
def test_a_search_is_only_ever_a_text(directory: Directory, search: str) -> None:
    assert directory.page(Wanted(search), 1, 50).total == 0


def test_the_inactive_are_told_apart_also_in_a_search(directory: Directory) -> None:
    inactive = directory.page(Wanted(active=False, order=Order.USERNAME), 1, 100)
    assert inactive.total == len(inactive.people) == 8
    assert not any(person.active for person in inactive.people)
    everyone = directory.page(Wanted("a"), 1, 1).total
    parts = [directory.page(Wanted("a", active), 1, 1).total for active in (True, False)]
    assert (sum(parts), parts[1] > 0) == (everyone, True)


def test_one_person_is_known_by_subject_and_a_stranger_is_not(directory: Directory) -> None:
    known = directory.person("u-106")
    assert known is not None
    assert (known.name, known.email, known.organisation) == ("Ravi Rao", "ravi@example.com", "Payer FSP")
    assert directory.person("u-999") is None
    assert directory.person("../Users") is None


def test_one_person_is_known_by_exactly_their_user_name(directory: Directory) -> None:
    known = directory.with_username("ADA")
    assert known is not None
    assert known.subject == "u-105"
    for text in ("ad", "*", "", '" or id pr or userName eq "'):
        assert directory.with_username(text) is None


def test_many_are_named_at_once_and_strangers_are_left_out(directory: Directory) -> None:
    wanted = [f"u-{number}" for number in (*range(101, 107), *range(201, 260), 999)]
    assert sorted(directory.named(wanted)) == sorted(wanted[:-1])
    assert directory.named([]) == {}


def test_a_login_is_remembered_and_so_is_that_there_was_none(world: World) -> None:
    world.sign_in("ravi")
    known, never = world.directory.person("u-106"), world.directory.person("u-201")
    assert known is not None
    assert never is not None
    assert known.last_login is not None
    assert known.logins_since is not None
    assert known.last_login.tzinfo is not None
    assert (never.last_login, never.logins_since is None) == (None, False)
    listed = world.directory.page(Wanted("ravi"), 1, 10).people
    assert listed == [known]


def test_somebody_who_is_made_inactive_stays_who_they_are(directory: Directory) -> None:
    before = directory.person("u-210")
    assert before is not None
    off = directory.set_active("u-210", False, before.version)
    assert replace(off, active=True, version=before.version) == before
    assert directory.person("u-210") == off
    assert directory.set_active("u-210", True, off.version).active is True


def test_who_has_changed_meanwhile_is_not_changed_by_whoever_read_them_before(directory: Directory) -> None:
    before = directory.person("u-211")
    assert before is not None
    directory.set_active("u-211", False, before.version)
    with pytest.raises(Moved):
        directory.set_active("u-211", True, before.version)
    known = directory.person("u-211")
    assert known is not None
    assert known.active is False


def test_nobody_can_be_made_active_who_is_not_there(directory: Directory) -> None:
    with pytest.raises(NotAccepted):
        directory.set_active("u-999", True)


def test_somebody_new_is_taken_in_once(directory: Directory) -> None:
    made = directory.create(Newcomer("nia", "Nia Nkosi", "nia@hub.example", "Hub"))
    assert (made.username, made.name, made.email) == ("nia", "Nia Nkosi", "nia@hub.example")
    assert (made.active, made.organisation, made.last_login) == (True, "Hub", None)
    assert directory.person(made.subject) == made
    assert directory.with_username("nia") == made
    with pytest.raises(Taken):
        directory.create(Newcomer("Nia", "Nia Ncube", "other@hub.example"))


def test_somebody_with_one_name_and_no_organisation_is_taken_in_too(directory: Directory) -> None:
    made = directory.create(Newcomer("sukarno", "Sukarno", "sukarno@hub.example"))
    assert (made.name, made.organisation) == ("Sukarno", "")


def test_a_directory_that_is_not_there_is_unavailable() -> None:
    nowhere = "http://localhost:9"
    with pytest.raises(DirectoryUnavailable):
        scim(nowhere).page(Wanted(), 1, 1)
    with pytest.raises(DirectoryUnavailable):
        KeycloakDirectory(nowhere, Client(nowhere, "users", "x")).page(Wanted(), 1, 1)


def test_a_scim_client_without_the_scope_or_with_a_wrong_secret_is_told_apart_from_no_people(provider: Running) -> None:
    for stranger in (scim(provider.url, "stranger"), scim(provider.url, secret="wrong")):
        with pytest.raises(DirectoryUnavailable):
            stranger.page(Wanted(), 1, 1)


def test_a_token_that_the_directory_does_not_take_any_more_is_renewed(provider: Running) -> None:
    directory = scim(provider.url)
    assert directory.person("u-103")
    directory._line._token._value = "stale"
    assert directory.person("u-103")
    directory._line._token._value = "stale"
    assert directory.set_active("u-220", False).active is False


def test_an_address_without_a_directory_is_unavailable(provider: Running) -> None:
    elsewhere = ScimDirectory(
        f"{provider.url}/no/such/place", Client(provider.url, "users", str(CLIENT["client_secret"]), SCOPE)
    )
    with pytest.raises(DirectoryUnavailable):
        elsewhere.page(Wanted(), 1, 1)


def test_keycloak_says_in_its_own_words_whom_it_does_not_take(server: Server) -> None:
    with pytest.raises(NotAccepted, match="username error-invalid-length; email error-invalid-email"):
        of_realm(server).create(Newcomer("x", "X Y", "no address"))


def test_keycloak_with_a_wrong_secret_is_unavailable(server: Server) -> None:
    with pytest.raises(DirectoryUnavailable):
        of_realm(server, "wrong").page(Wanted(), 1, 1)


def test_outside_an_action_nothing_is_written(provider: Running) -> None:
    def write() -> None:
        directory = scim(provider.url)
        directory.person("u-103")
        with pytest.raises(OutsideAction):
            directory.set_active("u-103", False)
        with pytest.raises(OutsideAction):
            directory.create(Newcomer("zed", "Zed Zulu", "zed@hub.example"))

    Context().run(write)
    known = scim(provider.url).person("u-103")
    assert known is not None
    assert known.active is True
