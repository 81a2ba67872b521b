"""Before any view: who asks, may they, and is the change their own. Each way around it is tried."""

import time

import pytest
from flask import Blueprint, Flask

import bff
from bff.access.permissions import UndeclaredRoute
from bff.app import create_app
from bff.identity.assertion import HEADER
from bff.testing import CSRF, assertion, settings_for, user_with
from bff.tests.conftest import MANIFEST, Permission

VIEW, SHUT = "garden:gate:view", "garden:gate:shut"


def ask(app: Flask, token: str, path: str = "/gates") -> int:
    return app.test_client().get(path, headers={HEADER: token}).status_code


def test_a_person_with_the_permission_is_served(app: Flask) -> None:
    assert user_with(app, VIEW).get("/gates").status_code == 200


def test_a_person_without_it_is_refused_and_told_which_it_is(app: Flask) -> None:
    answer = user_with(app, SHUT).get("/gates")
    assert answer.status_code == 403
    assert VIEW in answer.text


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "reports"},
        {"aud": ["garden", "reports"]},
        {"iss": "http://shell.elsewhere"},
        {"exp": -10, "iat": -70},
        {"exp": 86_400},
        {"nbf": 600},
        {"sub": ""},
    ],
    ids=["another app's", "for two apps", "another shell's", "expired", "good for a day", "not yet valid", "nobody"],
)
def test_an_assertion_that_is_not_exactly_ours_is_refused(app: Flask, claims: dict[str, object]) -> None:
    # Seconds count from now: from when this file was read, they may have passed.
    stated = {name: int(time.time()) + each if isinstance(each, int) else each for name, each in claims.items()}
    assert ask(app, assertion("garden", [VIEW], **stated)) == 401


def test_a_forged_signature_is_refused(app: Flask) -> None:
    head, body, signature = assertion("garden", [VIEW]).split(".")
    assert ask(app, f"{head}.{body}.{signature[::-1]}") == 401


@pytest.mark.parametrize("header", ["X-User", "X-Email", "X-Roles", "Remote-User", "X-Forwarded-User", "Authorization"])
def test_a_bare_identity_header_is_believed_by_nobody(app: Flask, header: str) -> None:
    answer = app.test_client().get("/gates", headers={header: "olivia"})
    assert answer.status_code == 302
    assert answer.location.startswith("/auth/login")


def test_a_bad_assertion_never_falls_back_to_another_way_in(app: Flask) -> None:
    answer = app.test_client().get("/gates", headers={HEADER: "nonsense"})
    assert answer.status_code == 401


def test_a_page_without_a_login_leads_to_it_and_back(app: Flask) -> None:
    answer = app.test_client().get("/gates?state=shut")
    assert (answer.status_code, answer.location) == (302, "/auth/login?next=/gates?state%3Dshut")


def test_a_fragment_without_a_login_has_the_browser_leave(app: Flask) -> None:
    answer = app.test_client().get("/gates", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/gates"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/auth/login?next=/gates"
    assert answer.data == b""


def test_a_program_without_a_login_gets_a_problem(app: Flask) -> None:
    answer = app.test_client().get("/api/gates")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_change_with_permission_and_token_goes_through(app: Flask) -> None:
    assert user_with(app, SHUT).post("/gates/1/shut").json == {"shut": 1}


def test_the_token_may_come_in_the_form(app: Flask) -> None:
    token = assertion("garden", [SHUT])
    answer = app.test_client().post("/gates/1/shut", data={"csrf_token": CSRF}, headers={HEADER: token})
    assert answer.status_code == 200


@pytest.mark.parametrize("given", ["", "guessed", "CSRF"])
def test_a_change_without_the_sessions_token_is_refused(app: Flask, given: str) -> None:
    headers = {HEADER: assertion("garden", [SHUT]), "X-CSRF-Token": given}
    assert app.test_client().post("/gates/1/shut", headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/gates/99999999999999999999/shut", "/gates/x/shut", "/nothing"])
def test_what_is_not_there_is_not_there_for_strangers_either(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code in (302, 404, 405)


def test_an_app_with_an_undeclared_route_does_not_start(tmp_path: object) -> None:
    page = Blueprint("forgotten", __name__)
    page.add_url_rule("/open", "open", lambda: "everything")
    with pytest.raises(UndeclaredRoute, match=r"/open \(forgotten.open, GET\) declares no access: put @requires"):
        create_app("bff", settings_for(bff.Settings, tmp_path), MANIFEST, bff.Parts([page], Permission))  # type: ignore[arg-type]


def test_links_lead_through_the_shell_only_for_whom_the_shell_vouches(app: Flask) -> None:
    composed = user_with(app, SHUT).get("/gates", headers={"HX-Request": "true"})
    assert composed.headers["Portal-Title"]
    assert (
        app.test_client()
        .get("/gates", headers={"Portal-Mount": "/evil"})
        .location.startswith("/auth/login?next=/gates")
    )
