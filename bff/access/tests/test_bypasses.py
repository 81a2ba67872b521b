"""The three ways around BOF's segregation of duties, each tried here: none leads past ours."""

from pathlib import Path

import pytest
from flask import Flask

import bff
from bff.access import files
from bff.access.book import LiveBook
from bff.access.exclusions import edit_checked
from bff.access.files import BadRoleFile, RoleBook
from bff.access.holding import Assignments, Edit
from bff.access.keto import KetoAssignments
from bff.access.rights import Access
from bff.access.stores import store_for
from bff.access.tests.conftest import EXCLUSION, KEEPER, ROLE, behind, write
from bff.access.tests.fake_keto import FakeKeto
from bff.access.tuples import RelationTuple
from bff.errors import StoreUnavailable
from bff.identity.sessions import Session, Tokens
from bff.settings import Settings
from bff.testing import settings_for
from bff.web.bearer import Bearers
from bff.web.guard import Guard

SHUT, WATCH = "garden:gate:shut", "garden:gate:watch"


def test_a_role_split_over_several_files_is_refused_at_start(tmp_path: Path) -> None:
    folder = write(tmp_path / "roles", EXCLUSION)
    for name, permission in (("a", SHUT), ("b", WATCH), ("c", "garden:gate:open")):
        write(folder, ROLE.format("ops", permission), name=f"{name}.yaml")
    with pytest.raises(BadRoleFile, match="role ops is defined twice"):
        files.load(folder)


def test_a_role_split_over_several_files_while_running_never_takes_effect(folder: Path, store: Assignments) -> None:
    live = LiveBook(folder, store, look_s=0)
    store.assign("u-1", "keeper", "u-9")
    write(folder, ROLE.format("keeper", WATCH), name="second.yaml")
    assert live.now().roles["keeper"].permissions == {SHUT}
    assert "role keeper is defined twice" in live.problem


@pytest.mark.parametrize("away", ["sqlite:////nowhere/access.sqlite", "keto://127.0.0.1:1?write=127.0.0.1:1"])
def test_while_the_store_is_unreachable_nothing_is_assigned_nothing_allowed_and_no_file_takes_effect(
    folder: Path, book: RoleBook, away: str
) -> None:
    store = store_for(away)
    with pytest.raises(StoreUnavailable):
        edit_checked(book, store, Edit(subject="u-1", by="u-9", give_roles=frozenset({"keeper"})))
    with pytest.raises(StoreUnavailable):
        Access(book, store).rights("u-1")
    live = LiveBook(folder, store, look_s=0)
    write(folder, ROLE.format("guest", SHUT), KEEPER)
    assert live.now() == book
    assert "could not be checked against the assignments" in live.problem


def test_a_tuple_written_behind_our_back_opens_neither_side(store: Assignments, book: RoleBook) -> None:
    behind(store, "u-1", "keeper", "watcher", "guest")
    assert Access(book, store).rights("u-1").permissions == {"garden:gate:open"}


def test_a_tuple_written_behind_our_back_keeps_a_third_role_from_joining_in(store: Assignments, book: RoleBook) -> None:
    behind(store, "u-1", "keeper", "watcher")
    access = Access(book, store)
    assert access.edit(Edit(subject="u-1", by="u-9", give_roles=frozenset({"guest"})))
    assert access.edit(Edit(subject="u-1", by="u-9", take_roles=frozenset({"watcher"})))
    assert access.rights("u-1").permissions == {SHUT, "garden:gate:open"}


def test_a_permission_granted_to_a_person_directly_in_keto_gives_nothing_here(keto: FakeKeto, book: RoleBook) -> None:
    store = KetoAssignments(keto.url)
    store.keto.patch([RelationTuple("permission", SHUT, "granted", "u-1")], [])
    assert Access(book, store).rights("u-1").permissions == frozenset()


def app_over(tmp_path: Path, url: str) -> Flask:
    settings = settings_for(Settings, tmp_path, access_database_url=url, shell_url="", shell_keys=None)
    return bff.create_app("bff", settings, bff.Manifest("garden", "7", "Garden"), bff.Parts([]))


def session(subject: str) -> Session:
    tokens = Tokens("access", None, "id", "openid", 0)
    return Session("http://provider.test", subject, "O", "o", None, None, "c", None, (), 0, 0.0, tokens)


def test_an_app_whose_store_is_away_says_so_and_serves_nobody(tmp_path: Path) -> None:
    app = app_over(tmp_path, "keto://127.0.0.1:1?write=127.0.0.1:1")
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 503
    assert "Keto does not answer" in answer.json["missing"]["access"]  # type: ignore[index]
    access = app.extensions["portal_access"]
    guard = Guard(None, access, Bearers.of(app.extensions["portal_settings"], access))
    with app.test_request_context("/"), pytest.raises(StoreUnavailable):
        guard.of_session(session("u-1"))


def test_a_person_is_told_that_the_portal_is_not_ready_rather_than_that_they_may_nothing(tmp_path: Path) -> None:
    app = app_over(tmp_path, "keto://127.0.0.1:1?write=127.0.0.1:1")

    def asks() -> str:
        return str(app.extensions["portal_access"].rights("u-1"))

    app.add_url_rule("/asks", "asks", bff.public(asks))
    answer = app.test_client().get("/asks", headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json["title"] == "The portal is not ready"  # type: ignore[index]
