"""The third way in: a client's access token opens the API alone, and with nothing beside it."""

import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import bff
from bff.access.assignments import SqlAssignments
from bff.access.rights import Access
from bff.app import create_app
from bff.change.audit import AuditLog, AuditQuery, Entry
from bff.identity.assertion import HEADER
from bff.identity.current import EXTENSION
from bff.identity.jwks import DocumentUnavailable, RemoteKeys
from bff.identity.sessions import Session, Tokens
from bff.settings import Settings
from bff.testing import CSRF, access_token, assertion, captured_logs, machine, settings_for
from bff.tests.conftest import MANIFEST, Permission, blueprint

ROLES = """
kind: MojaloopRole
metadata: {name: gatekeeper}
spec: {role: gatekeeper, title: Gatekeeper, permissions: ["garden:gate:view", "garden:gate:shut"]}
---
kind: MojaloopRole
metadata: {name: admin}
spec: {role: admin, title: User administrator, permissions: ["users:role:assign"]}
"""
ROBOT = "robot"


def make(folder: Path, **more: Any) -> Flask:
    """A garden whose gatekeeper is a robot."""
    roles = folder / "roles"
    roles.mkdir()
    (roles / "roles.yaml").write_text(ROLES, "utf-8")
    settings = settings_for(Settings, folder, roles_dir=roles, **more)
    SqlAssignments(settings.access_database_url).assign(ROBOT, "gatekeeper", "a test")
    gates = blueprint()

    @gates.post("/api/gates/<int:number>/shut")
    @bff.requires(Permission.SHUT)
    def shut_by_program(number: int) -> dict[str, int]:
        return {"shut": number}

    return create_app("bff", settings, MANIFEST, bff.Parts([gates], Permission))


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make(tmp_path)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed_in(app: Flask) -> FlaskClient:
    """The browser of somebody who may do nothing."""
    auth = app.extensions[EXTENSION]
    tokens = Tokens("access", None, "id", "openid", time.time() + 3600)
    who = ("http://provider.test", "u-1", "One", "one", None, None, CSRF, None, (), int(time.time()))
    ticket, _ = auth.party.sessions.begin(Session(*who, time.time(), tokens))
    browser = app.test_client()
    browser.set_cookie(auth.cookies.session, ticket.cookie)
    return browser


def kept(app: Flask, action: str) -> list[Entry]:
    log: AuditLog = app.extensions["portal_audit"]
    return list(log.entries(AuditQuery(action=action, limit=50)).entries)


def test_a_client_with_a_role_is_served(app: Flask) -> None:
    assert machine(app, ROBOT).get("/api/gates").status_code == 200
    lower = {"Authorization": f"bearer {access_token(app, ROBOT)}"}
    assert app.test_client().get("/api/gates", headers=lower).status_code == 200


def test_what_a_token_says_of_rights_counts_for_nothing(app: Flask) -> None:
    claims = {"roles": ["gatekeeper"], "permissions": ["garden:gate:view"], "realm_access": {"roles": ["gatekeeper"]}}
    assert machine(app, "stranger", **claims).get("/api/gates").status_code == 403


def test_an_unknown_client_is_told_who_it_is_and_who_lets_it_in_and_that_is_kept(app: Flask) -> None:
    claims = {"sub": "0f7a", "azp": "stranger", "preferred_username": "service-account-stranger"}
    answer = machine(app, "stranger", **claims).get("/api/gates")
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert "“stranger” (subject 0f7a) holds no role" in answer.get_json()["detail"]
    assert "User administrator" in answer.get_json()["detail"]
    (entry,) = kept(app, "client.refused")
    assert (entry.actor.subject, entry.actor.kind, entry.detail["why"]) == ("0f7a", "machine", "unknown")


def test_a_role_taken_away_stops_working_within_seconds(app: Flask) -> None:
    access: Access = app.extensions["portal_access"]
    client = machine(app, ROBOT)
    assert client.get("/api/gates").status_code == 200
    access.store.remove(ROBOT, "gatekeeper")
    deadline = time.monotonic() + 5
    while client.get("/api/gates").status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert client.get("/api/gates").status_code == 403


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 9000])
def test_a_token_that_is_none_is_refused_without_a_word_on_why(app: Flask, token: str) -> None:
    answer = app.test_client().get("/api/gates", headers=bearer(token))
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.get_json()["detail"] == "The access token is not valid for this address."
    assert kept(app, "client.refused") == []


@pytest.mark.parametrize(
    ("claims", "why"), [({"aud": "account"}, "aud"), ({"exp": 1}, ""), ({"sid": "s"}, "person"), ({"typ": "ID"}, "typ")]
)
def test_of_refused_tokens_those_that_the_provider_signed_are_kept(
    app: Flask, claims: dict[str, Any], why: str
) -> None:
    with captured_logs() as logs:
        answer = machine(app, ROBOT, **claims).get("/api/gates")
    assert answer.status_code == 401
    assert "aud" not in answer.text
    assert [entry["reason"] for entry in logs if entry["event"] == "access_token_refused"] == [why or "exp"]
    assert [(entry.target, entry.detail["why"]) for entry in kept(app, "client.refused")] == (
        [("client:robot", why)] if why else []
    )


def test_a_token_in_the_address_or_in_the_form_is_never_taken(app: Flask) -> None:
    token, client = access_token(app, ROBOT), app.test_client()
    assert client.get(f"/api/gates?access_token={token}").status_code == 401
    assert client.get("/api/gates", data={"access_token": token}).status_code == 401
    assert client.get("/api/gates", headers={"Authorization": f"Basic {token}"}).status_code == 401
    assert client.get("/api/gates", headers={"X-Access-Token": token}).status_code == 401
    twice = client.get("/api/gates", headers=[("Authorization", f"Bearer {token}")] * 2)
    assert twice.status_code == 401


def test_pages_take_no_token(app: Flask) -> None:
    answer = machine(app, ROBOT).get("/gates")
    assert (answer.status_code, answer.location) == (302, "/auth/login?next=/gates")
    assert machine(app, ROBOT).post("/gates/1/shut").status_code in (302, 401)
    assert machine(app, ROBOT).get("/gates", headers={"Accept": "application/json"}).status_code == 401
    assert machine(app, ROBOT).get("/nothing/api/gates").status_code == 404


def test_a_cookie_beside_a_token_is_passed_over(app: Flask) -> None:
    browser = signed_in(app)
    assert browser.get("/api/gates", headers=bearer(access_token(app, ROBOT))).status_code == 200
    app.extensions["portal_access"].store.assign("u-1", "gatekeeper", "a test")
    assert signed_in(app).get("/api/gates").status_code == 200
    assert browser.get("/api/gates", headers=bearer("nonsense")).status_code == 401


def test_two_identities_at_once_are_none(app: Flask) -> None:
    both = bearer(access_token(app, ROBOT)) | {HEADER: assertion("garden", [Permission.VIEW])}
    assert app.test_client().get("/api/gates", headers=both).status_code == 401


def test_a_change_by_a_client_needs_no_token_of_a_form_and_one_by_a_browser_still_does(tmp_path: Path) -> None:
    app = make(tmp_path)
    app.extensions["portal_access"].store.assign("u-1", "gatekeeper", "a test")
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert machine(app, ROBOT).post("/api/gates/1/shut").status_code == 200
    assert signed_in(app).post("/api/gates/1/shut", headers=elsewhere).status_code == 403
    assert signed_in(app).post("/api/gates/1/shut", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
    # A bearer's word in front of a cookie does not turn the checks off for the cookie.
    assert signed_in(app).post("/api/gates/1/shut", headers=elsewhere | bearer("x")).status_code == 401


def test_each_client_has_a_rate_of_its_own(tmp_path: Path) -> None:
    app = make(tmp_path, api_rate="3 per minute")
    SqlAssignments(app.extensions["portal_settings"].access_database_url).assign("other", "gatekeeper", "a test")
    assert [machine(app, ROBOT).get("/api/gates").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = machine(app, ROBOT).get("/api/gates")
    assert (answer.mimetype, 0 < int(answer.headers["Retry-After"]) <= 60) == ("application/problem+json", True)
    assert machine(app, "other").get("/api/gates").status_code == 200
    wrong = [machine(app, "wrong", aud="account").get("/api/gates").status_code for _ in range(4)]
    assert wrong == [401, 401, 401, 429]


def test_the_audience_and_the_scope_may_be_set(tmp_path: Path) -> None:
    app = make(tmp_path, api_audience="https://api.example", api_scope="garden")
    assert machine(app, ROBOT, aud="https://api.example", scope="openid garden").get("/api/gates").status_code == 200
    assert machine(app, ROBOT, scope="garden").get("/api/gates").status_code == 401
    answer = machine(app, ROBOT, aud="https://api.example").get("/api/gates")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        403,
        'Bearer error="insufficient_scope", scope="garden"',
    )


def test_while_the_provider_is_away_a_token_is_no_ones_fault(app: Flask) -> None:
    token = access_token(app, ROBOT)

    def away() -> dict[str, Any]:
        raise DocumentUnavailable("nobody answers")

    app.extensions[EXTENSION].party.provider.keys = RemoteKeys(away)
    answer = app.test_client().get("/api/gates", headers=bearer(token))
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_program_without_anything_is_told_which_way_leads_in(app: Flask) -> None:
    assert app.test_client().get("/api/gates").headers["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in app.test_client().get("/gates").headers
