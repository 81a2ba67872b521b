"""Who may come in: each route refuses without its permission, and nobody bound to a participant sees a whole window."""

from typing import Any

import pytest
from flask import Flask

from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import said

ROUTES = [
    ("GET", "/windows", P.VIEW_WINDOWS),
    ("GET", "/windows/rows", P.VIEW_WINDOWS),
    ("GET", "/windows/41", P.VIEW_WINDOWS),
    ("GET", "/windows/41/close", P.CLOSE_WINDOW),
    ("POST", "/windows/41/close", P.CLOSE_WINDOW),
    ("GET", "/slots/home", P.VIEW_WINDOWS),
    ("GET", "/api/windows", P.VIEW_WINDOWS),
    ("GET", "/api/windows/41", P.VIEW_WINDOWS),
    ("POST", "/api/windows/41/close", P.CLOSE_WINDOW),
]


@pytest.fixture(autouse=True)
def window_41(hub: FakeHub) -> None:
    """An open window that can be closed."""
    hub.has(41, WindowState.OPEN)
    hub.transfer(41, "10")


def body(method: str, path: str) -> dict[str, Any]:
    return {"json": {}} if method == "POST" and path.startswith("/api/") else {}


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_a_route_refuses_whoever_has_every_other_permission(app: Flask, method: str, path: str, permission: P) -> None:
    answer = user_with(app, *set(P) - {permission}).open(path, method=method, **body(method, path))
    assert answer.status_code == 403
    assert permission in answer.text


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_a_route_serves_whoever_has_its_permission_alone(app: Flask, method: str, path: str, permission: P) -> None:
    assert user_with(app, permission).open(path, method=method, **body(method, path)).status_code < 400


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_a_route_refuses_whoever_is_nobody(app: Flask, method: str, path: str, permission: P) -> None:
    answer = app.test_client().open(path, method=method, **body(method, path))
    assert answer.status_code in (302, 401)
    said = answer.text.replace("windows/41", "").replace("windows%2F41", "")
    assert "41" not in said.replace(answer.headers["X-Request-Id"], "")


@pytest.mark.parametrize(
    "claims", [{"hub": False, "participants": ["payerfsp"]}, {"hub": False}, {"participants": ["a"]}]
)
@pytest.mark.parametrize(("method", "path", "permission"), [route for route in ROUTES if route[1] != "/slots/home"])
def test_nobody_bound_to_participants_learns_of_a_window(
    app: Flask, hub: FakeHub, method: str, path: str, permission: P, claims: dict[str, object]
) -> None:
    answer = user_with(app, permission, **claims).open(path, method=method, **body(method, path))
    assert answer.status_code == 404
    assert "payerfsp" not in answer.text
    assert hub.calls == []


@pytest.mark.parametrize("path", ["/windows/41/close", "/api/windows/41/close"])
@pytest.mark.parametrize("token", [None, "another-session's"])
def test_a_change_without_this_sessions_token_is_refused(
    app: Flask, hub: FakeHub, path: str, token: str | None
) -> None:
    client = user_with(app, P.CLOSE_WINDOW)
    client.environ_base["HTTP_X_CSRF_TOKEN"] = token or ""
    assert client.post(path, json={}).status_code == 403
    assert hub.calls == []


def test_a_token_in_the_form_is_as_good_as_in_a_header(app: Flask) -> None:
    client = user_with(app, P.CLOSE_WINDOW)
    token = client.environ_base.pop("HTTP_X_CSRF_TOKEN")
    assert client.post("/windows/41/close", data={"csrf_token": token, "confirmed": "yes"}).status_code == 303


def test_the_manifest_and_the_health_are_for_anyone(app: Flask) -> None:
    client = app.test_client()
    assert said(client.get("/manifest.json"))["slots"][0]["permission"] == P.VIEW_WINDOWS
    assert client.get("/health/live").status_code == 200
    assert said(client.get("/health/ready"))["missing"] == {}
