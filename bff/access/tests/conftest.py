"""What is real in these tests: each store in turn, those of this machine; and a small set of role files."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import delete

from bff.access import files
from bff.access.assignments import SqlAssignments, access_subject, participant_membership, role_assignment
from bff.access.files import RoleBook
from bff.access.holding import Assignments, Edit
from bff.access.keto import KetoAssignments
from bff.access.stores import store_for
from bff.access.tests import fake_keto, real_keto, real_postgresql
from bff.database import engine_for
from tests.parts.cache import PATIENCE_S

ROLE = """
kind: MojaloopRole
metadata: {{name: {0}}}
spec:
  role: {0}
  scope: hub
  permissions: [{1}]
"""
EXCLUSION = """
kind: MojaloopPermissionExclusions
metadata: {name: watch-or-act}
spec: {permissionsA: ["garden:gate:watch"], permissionsB: ["garden:gate:shut"]}
"""
KEEPER, WATCHER, GUEST = (
    ROLE.format("keeper", "garden:gate:shut"),
    ROLE.format("watcher", "garden:gate:watch"),
    ROLE.format("guest", "garden:gate:open"),
)
STORES = ["sqlite", "keto-fake", "postgresql", "keto"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these late, and wait for as long as it takes: Keto may still be built meanwhile."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.late)
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


def write(folder: Path, *documents: str, name: str = "roles.yaml") -> Path:
    """A folder with one file of these documents."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n---\n".join(documents), "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Role files: a keeper acts, a watcher watches, nobody does both; a guest has no part in it."""
    return write(tmp_path / "roles", KEEPER, WATCHER, GUEST, EXCLUSION)


@pytest.fixture
def book(folder: Path) -> RoleBook:
    """What they say."""
    return files.load(folder)


class Servers:
    """The servers of the run, each started when a test first needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack, self._urls = folder, ExitStack(), dict[str, str]()

    def url(self, kind: str) -> str:
        """The URL of a store of that kind."""
        if kind not in self._urls:
            self._urls[kind] = self._started(kind)
        return self._urls[kind]

    def _started(self, kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{self._folder / 'access.sqlite'}"
        if kind == "postgresql":
            url = self._stack.enter_context(real_postgresql.running())
            self._stack.callback(lambda: engine_for(url).dispose())
            return url
        if kind == "keto":
            return self._stack.enter_context(real_keto.running(self._folder))
        return self._stack.enter_context(fake_keto.running()).url

    def close(self) -> None:
        """Stop them all."""
        self._stack.close()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers of the run."""
    made = Servers(tmp_path_factory.mktemp("stores"))
    yield made
    made.close()


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, servers: Servers) -> str:
    """Where an empty store is, of each kind in turn."""
    where = servers.url(request.param)
    store = store_for(where)
    if isinstance(store, SqlAssignments):
        store.prepare()
        with engine_for(where).begin() as connection:
            for table in (role_assignment, participant_membership, access_subject):
                connection.execute(delete(table))
    else:
        empty(store)
    return where


@pytest.fixture
def store(url: str) -> Assignments:
    """The empty store."""
    return store_for(url)


@pytest.fixture
def keto() -> Iterator[fake_keto.FakeKeto]:
    """A Keto whose every request can be seen."""
    with fake_keto.running() as made:
        yield made


def empty(store: Assignments) -> None:
    """Take everything from everybody."""
    assert isinstance(store, KetoAssignments)
    for namespace in ("role", "participant", "permission"):
        store.keto.patch((), list(store.keto.tuples(namespace=namespace)))


def behind(store: Assignments, subject: str, *roles: str) -> None:
    """Give roles as somebody does who writes the store past every check of the portal."""
    store.edit(Edit(subject=subject, by="nobody", give_roles=frozenset(roles)))
