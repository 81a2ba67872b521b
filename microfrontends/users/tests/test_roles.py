"""Roles in business words: the matrix, one role with its holders and what it excludes, the portal as it sees it."""

import shutil

from flask import Flask
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from bff.testing import user_with
from microfrontends.users.desk import Desk
from microfrontends.users.manifests import Manifests
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_manifests import SETTLEMENT, serving
from microfrontends.users.tests.test_pages import reads


def test_the_roles_page_lists_every_role_and_the_matrix_by_app(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(CLARA, "clerk", "u-1")
    page = marcus.get("/roles").text
    assert 'href="/users/roles/clerk"' in page
    assert "Settlement clerk" in page
    assert "See people, their roles and what they may do<br><code>users:person:view</code>" in page
    assert "not installed here, or it does not answer: permissions by their ids" in page
    row = page.partition("settlement:window:close")[2].partition("</tr>")[0]
    assert (row.count('aria-label="yes"') > 0, "<td></td>" in row) == (True, True)


def test_a_role_says_what_it_gives_who_holds_it_and_what_it_excludes(
    marcus: FlaskClient, store: Assignments, directory: FakeDirectory
) -> None:
    store.assign(ADA, "audit", MARCUS)
    page = marcus.get("/roles/audit").text
    assert f'href="/users/people/{ADA}"' in page
    assert "Marcus Mwangi" in page
    assert 'href="/users/roles/financeManager"' in page
    assert "<code>audit:settlement:view</code> \u2013 <code>participants:cap:change</code>" in page
    assert "An auditor must not be able to change what the audit shows." in page
    assert "Nobody holds this role" in marcus.get("/roles/clerk").text
    directory.away = True
    assert ADA in marcus.get("/roles/audit").text


def test_a_role_that_no_file_defines_is_not_found(marcus: FlaskClient) -> None:
    for path in ("/roles/nosuch", "/roles/nosuch/preview", "/roles/%3Cscript%3E"):
        answer = marcus.get(path)
        assert (answer.status_code, "<script>" in answer.text) == (404, False)


def test_the_preview_shows_menus_permissions_and_scope_and_is_audited(app: Flask, marcus: FlaskClient) -> None:
    with serving(SETTLEMENT) as url:
        desk: Desk = app.extensions["users"]
        words = Manifests({"settlement": url}, app.extensions["portal_manifest_document"])
        app.extensions["users"] = Desk(desk.directory, desk.hub, desk.access, words)
        page = marcus.get("/roles/operator/preview").text
    assert "The portal as Hub operator would see it" in page
    assert "Sees the data of every participant." in page
    assert "<li>Settlement windows</li>" in page
    assert "Not shown: Finalisation." in page
    assert "Nothing of it: the app does not appear in the menu." in page
    assert "Close a settlement window <code>settlement:window:close</code>" in page
    newest = reads(marcus, "role.preview")[0]
    assert (newest.target, newest.actor.subject) == ("role:operator", MARCUS)


def test_a_preview_does_nothing_in_the_roles_place(app: Flask, store: Assignments) -> None:
    looker = user_with(app, P.VIEW_ROLES, P.PREVIEW_ROLES, sub=ADA)
    assert looker.get("/roles/manager/preview").status_code == 200
    assert looker.post(f"/people/{CLARA}/roles/assign", data={"confirmed": "yes", "role": "audit"}).status_code == 403
    assert looker.post("/roles/manager/preview").status_code == 405
    assert store.roles_of(CLARA) == ()


def test_a_participants_role_is_previewed_with_its_narrow_scope(marcus: FlaskClient) -> None:
    page = marcus.get("/roles/dfspReconciliationReports/preview").text
    assert "Sees only the data of the participants that the holder belongs to." in page


def test_who_may_see_roles_may_not_for_that_preview_them(fatima: FlaskClient) -> None:
    assert "See the portal as this role" not in fatima.get("/roles/audit").text
    assert fatima.get("/roles/audit/preview").status_code == 403


def test_role_files_that_are_not_in_force_are_said_to_be(app: Flask, marcus: FlaskClient) -> None:
    folder = app.extensions["portal_settings"].roles_dir
    book = app.extensions["portal_access"]._book
    shutil.copy(folder / "clerk.yaml", folder / "twice.yaml")
    try:
        book._next_look = 0.0
        assert "The role files have changed and are not in force" in marcus.get("/roles").text
    finally:
        (folder / "twice.yaml").unlink()
        book._next_look = 0.0
    assert "not in force" not in marcus.get("/roles").text
