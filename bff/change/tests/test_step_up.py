"""Where the policy wants a fresher or a stronger sign-in: the way to it, and back to the same form."""

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bff.change.states import State
from bff.change.tests.conftest import Gardens, as_new
from bff.change.tests.garden import make_app
from bff.change.tests.scene import Scene, words
from bff.identity.current import EXTENSION
from bff.identity.sessions import Session, Tokens

FRESH = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - {action: garden.shut_gate, checker: "garden:gate:approve", stepUp: {maxAge: 300}}
"""
STRONG = FRESH.replace("{maxAge: 300}", "{acr: [phrh, 'urn:two'], maxAge: 60}")
FORM = {"confirmed": "yes", "reason": "rain", "weight": "2.50", "attempt": "a"}
HTMX = {"HX-Request": "true", "HX-Boosted": "true"}


def long_ago() -> dict[str, int]:
    """A sign-in of an hour ago."""
    return {"auth_time": int(time.time()) - 3600}


def demanded(address: str) -> tuple[str, dict[str, str]]:
    """Where an address leads, and with which wishes."""
    parts = urlsplit(address)
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def back_of(answer: TestResponse) -> str:
    """The page of this app to which the sign-in leads back."""
    address = answer.headers.get("HX-Redirect") or answer.location
    return demanded(address)[1]["next"].removeprefix("/garden")


def asked_late(scene: Scene, who: str = "greta", **headers: str) -> TestResponse:
    """Somebody sends the form an hour after they signed in."""
    return scene.person(who, **long_ago()).post("/gates/1/shut", data=FORM, headers=headers)


def test_asking_leads_to_a_fresh_sign_in(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    answer = asked_late(scene)
    path, wishes = demanded(answer.location)
    assert (answer.status_code, path, wishes["max_age"]) == (303, "/auth/login", "300")
    assert wishes["next"].startswith("/garden/gates/1/shut?draft=")
    assert "acr" not in wishes
    assert scene.changes.tasks.open_on(["gate:1"]) == {}


def test_a_form_that_htmx_sent_has_the_browser_leave(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    answer = asked_late(scene, **HTMX)
    assert (answer.status_code, answer.data) == (200, b"")
    assert demanded(answer.headers["HX-Redirect"])[0] == "/auth/login"


def test_back_from_it_the_form_holds_what_was_typed_and_goes_through(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    back = back_of(asked_late(scene))
    greta = scene.person("greta")
    page = greta.get(back).text
    assert 'name="weight" value="2.50"' in page
    assert ">rain</textarea>" in page
    assert 'name="draft"' not in page
    answer = greta.post("/gates/1/shut", data=FORM)
    task = answer.location.rpartition("/")[2]
    assert scene.told(task)["reason"] == "rain"
    assert scene.told(task)["amounts"] == [{"currency": "KGM", "amount": "2.50"}]


def test_nobody_else_finds_what_was_typed(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    back = back_of(asked_late(scene))
    page = scene.person("gus").get(back).text
    assert "rain" not in page
    assert "2.50" not in page


def test_what_was_typed_is_not_kept_for_ever(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    back = back_of(asked_late(scene))
    scene.sql("UPDATE change_draft SET expires_at = '2026-01-01 00:00:00'")
    assert "2.50" not in scene.person("greta").get(back).text
    asked_late(scene)
    with scene.changes.tasks.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM change_draft").scalar() == 1


@pytest.mark.parametrize(
    ("claims", "enough"),
    [
        ({}, False),
        ({"acr": "phr"}, False),
        ({"acr": "phrh"}, True),
        ({"acr": "urn:two"}, True),
        ({"acr": "phrh", "auth_time": 1}, False),
        ({"acr": "phrh", "auth_time": None}, False),
    ],
)
def test_a_stronger_sign_in_is_asked_for_by_name(
    garden_under: Gardens, claims: dict[str, object], enough: bool
) -> None:
    scene = garden_under(STRONG)
    answer = scene.person("greta", **claims).post("/gates/1/shut", data=FORM)
    path, wishes = demanded(answer.location)
    assert (path == "/auth/login") is not enough
    if not enough:
        assert (wishes["acr"], wishes["max_age"]) == ("phrh urn:two", "60")


def test_approving_leads_there_and_back_to_the_request_with_its_reason(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    task = scene.ask("greta")
    answer = scene.decide("wanda", task, reason="it is fine", claims=long_ago())
    path, wishes = demanded(answer.location)
    assert (answer.status_code, path, wishes["max_age"]) == (303, "/auth/login", "300")
    assert wishes["next"].startswith(f"/garden/approvals/{task}?draft=")
    assert scene.state(task) is State.PENDING
    assert ">it is fine</textarea>" in scene.person("wanda").get(back_of(answer)).text
    assert scene.decide("wanda", task, reason="it is fine").status_code == 303
    assert scene.state(task) is State.DONE


def test_saying_no_needs_no_fresh_sign_in(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    scene.decide("wanda", scene.ask("greta"), "reject", reason="no", claims=long_ago())
    task = scene.ask("greta")
    scene.decide("greta", task, "withdraw", claims=long_ago())
    assert scene.state(task) is State.WITHDRAWN


def test_of_many_decisions_each_that_needs_it_names_the_way(garden_under: Gardens) -> None:
    scene = garden_under(FRESH)
    task = scene.ask("greta")
    (answer,) = scene.decide_many("wanda", {"id": task}, **long_ago())
    assert (answer["ok"], answer["state"]) == (False, "PENDING")
    path, wishes = demanded(answer["step_up"])
    assert (path, wishes) == ("/auth/login", {"next": f"/garden/approvals/{task}", "max_age": "300"})


@pytest.mark.parametrize(("policy", "challenge"), [
    (FRESH, 'Bearer error="insufficient_user_authentication", max_age="300"'),
    (STRONG, 'Bearer error="insufficient_user_authentication", acr_values="phrh urn:two", max_age="60"'),
])  # fmt: skip
def test_a_program_is_told_which_sign_in_it_takes(garden_under: Gardens, policy: str, challenge: str) -> None:
    scene = garden_under(policy)
    answer = scene.person("greta", **long_ago()).post("/api/gates/1/shut", json={})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.get_json()["title"] == "A fresher sign-in is needed"


def test_without_a_wish_in_the_policy_an_old_sign_in_does(scene: Scene) -> None:
    assert asked_late(scene).location.startswith("/garden/approvals/")


def signed_in(scene: Scene, auth_time: int) -> FlaskClient:
    """Greta's browser with a session of the app's own, which runs without a shell."""
    auth, now = scene.app.extensions[EXTENSION], time.time()
    tokens = Tokens(id_token="", access_token="", refresh_token=None, scope="openid", expires_at=now + 600)
    greta = Session(
        "http://provider.test", "u-greta", "Greta", "greta", None, None, "csrf", None, (), auth_time, now, tokens
    )
    ticket, _kept = auth.party.sessions.begin(greta)
    client = scene.app.test_client()
    client.set_cookie(auth.cookies.session, ticket.cookie, domain="localhost")
    client.environ_base.update({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_X_CSRF_TOKEN": "csrf"})
    return client


def test_an_app_alone_leads_to_its_own_sign_in(tmp_path: Path) -> None:
    scene = as_new(*make_app(tmp_path, FRESH, cookie_secure=False))
    answer = signed_in(scene, 1).post("/gates/1/shut", data=FORM)
    path, wishes = demanded(answer.location)
    assert (answer.status_code, path) == (303, "/auth/login")
    assert wishes["next"].startswith("/gates/1/shut?draft=")
    page = signed_in(scene, int(time.time())).get(wishes["next"])
    assert ">rain</textarea>" in page.text
    assert "Shut gate 1, the old one." in words(page.text)
