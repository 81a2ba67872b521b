"""Who the provider lets in, on what terms, and what it tells the application."""

import base64
import hashlib
import json
from contextlib import closing
from typing import Any

import pytest

from sandbox.tests.relying_party import APPLICATION, PORTAL, Browser, Running, arguments, call, credentials

ALICE, BOB = "u-101", "u-102"


def test_one_click_brings_a_code_back_with_state_and_issuer(visitor: Browser) -> None:
    page = visitor.visit()
    assert page.status_code == 200
    assert "Olivia Okello" in page.text
    answer = arguments(visitor.submit({"chosen": ALICE}))
    assert (answer["state"], answer["iss"]) == ("the-state", visitor.provider.url)
    assert visitor.redeem(answer["code"]).status_code == 200


def test_the_id_token_says_who_signed_in_how_and_when(visitor: Browser) -> None:
    tokens = visitor.sign_in(ALICE)
    token = visitor.provider.read(tokens["id_token"])
    now = int(visitor.provider.clock())
    assert (token.header["alg"], token.header["typ"]) == ("ES256", "JWT")
    expected: dict[str, object] = {
        "iss": visitor.provider.url,
        "aud": "shell",
        "sub": ALICE,
        "nonce": "the-nonce",
        "acr": "pwd",
    }
    expected |= {"amr": ["pwd"], "auth_time": now, "iat": now, "exp": now + 300, "name": "Olivia Okello"}
    expected |= {"preferred_username": "olivia", "email": "olivia@example.com"}
    assert expected.items() <= token.claims.items()
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert token.claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert "roles" not in token.claims


def test_a_user_name_and_password_sign_in_whatever_the_capitals_of_the_name(visitor: Browser) -> None:
    assert "code" in arguments(visitor.submit({"username": "Olivia", "password": "bizops"}))


@pytest.mark.parametrize("username", ["olivia", "nobody"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_refusal(visitor: Browser, username: str) -> None:
    page = visitor.submit({"username": username, "password": "guess"})
    assert page.status_code == 401
    assert "do not belong together" in page.text
    assert f'value="{username}"' in page.text
    assert arguments(visitor.visit(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "[1"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"state": ["one", "two"]}, "invalid_request"),
    ],
)
def test_a_request_that_is_not_in_order_is_refused_to_the_application(
    visitor: Browser, change: dict[str, Any], error: str
) -> None:
    answer = arguments(visitor.visit(**change))
    assert answer["error"] == error
    assert answer["iss"] == visitor.provider.url
    assert "code" not in answer


@pytest.mark.parametrize("change", [{"client_id": "stranger"}, {"redirect_uri": APPLICATION + "/more"}])
def test_nobody_is_redirected_to_an_address_that_is_not_registered(visitor: Browser, change: dict[str, Any]) -> None:
    for response in (visitor.visit(**change), visitor.submit({"chosen": ALICE}, **change)):
        assert response.status_code == 400
        assert "Location" not in response.headers
        assert "not registered" in response.text


def test_without_a_page_only_somebody_who_is_signed_in_gets_a_code(visitor: Browser) -> None:
    assert arguments(visitor.visit(prompt="none"))["error"] == "login_required"
    visitor.sign_in()
    assert "code" in arguments(visitor.visit(prompt="none"))


def test_somebody_who_is_signed_in_sees_no_page_unless_the_application_wants_it(visitor: Browser) -> None:
    visitor.sign_in()
    assert "code" in arguments(visitor.visit())
    assert visitor.visit(prompt="login").status_code == 200
    assert visitor.visit(max_age="0").status_code == 200


def test_a_sign_in_older_than_max_age_must_be_repeated(visitor: Browser) -> None:
    visitor.sign_in()
    visitor.provider.clock.now += 60
    assert "code" in arguments(visitor.visit(max_age="60"))
    visitor.provider.clock.now += 1
    assert arguments(visitor.visit(max_age="60", prompt="none"))["error"] == "login_required"
    again = visitor.sign_in(max_age="60")
    assert visitor.provider.read(again["id_token"]).claims["auth_time"] == int(visitor.provider.clock())


@pytest.mark.parametrize(
    "wish",
    [{"acr_values": "mfa"}, {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": ["mfa"]}}})}],
)
def test_a_second_factor_is_asked_for_and_told(visitor: Browser, wish: dict[str, Any]) -> None:
    first = visitor.provider.read(visitor.sign_in()["id_token"]).claims
    assert arguments(visitor.visit(prompt="none", **wish))["error"] == "login_required"
    assert "One-time code" in visitor.visit(**wish).text
    assert visitor.submit({"chosen": ALICE}, **wish).status_code == 200
    wrong = visitor.submit({"chosen": ALICE, "code": "000000"}, **wish)
    assert (wrong.status_code, "code is not right" in wrong.text) == (401, True)
    second = visitor.provider.read(visitor.sign_in(ALICE, "123456", **wish)["id_token"]).claims
    assert (second["acr"], second["amr"], second["sid"]) == ("mfa", ["pwd", "otp", "mfa"], first["sid"])
    assert "code" in arguments(visitor.visit(prompt="none", **wish))


def test_a_password_needs_the_second_factor_too(visitor: Browser) -> None:
    typed = {"username": "olivia", "password": "bizops"}
    assert visitor.submit(typed, acr_values="mfa").status_code == 401
    assert "code" in arguments(visitor.submit({**typed, "code": "123456"}, acr_values="mfa"))


def test_a_weaker_acr_beside_the_stronger_one_is_enough(visitor: Browser) -> None:
    assert "code" in arguments(visitor.submit({"chosen": ALICE}, acr_values="mfa pwd"))


def test_the_cookie_changes_with_every_sign_in_and_the_old_one_is_worthless(visitor: Browser) -> None:
    visitor.sign_in()
    old = visitor.session.cookies["sandbox_provider"]
    visitor.sign_in(ALICE, "123456", acr_values="mfa")
    assert visitor.session.cookies["sandbox_provider"] != old
    visitor.session.cookies.clear()
    visitor.session.headers["Cookie"] = f"sandbox_provider={old}"
    assert arguments(visitor.visit(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_a_form_on_a_strangers_page_signs_nobody_in(visitor: Browser, header: dict[str, str]) -> None:
    response = visitor.submit({"chosen": ALICE}, header)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


def test_the_page_runs_no_script_and_its_form_may_only_end_at_the_application(visitor: Browser) -> None:
    policy = visitor.visit().headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:9" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(rule.startswith("script-src") or "unsafe" in rule for rule in policy)


def test_another_person_in_the_same_browser_begins_another_session(visitor: Browser) -> None:
    first = visitor.sign_in(ALICE)
    second = visitor.sign_in(BOB, prompt="login")
    read = visitor.provider.read
    assert read(first["id_token"]).claims["sid"] != read(second["id_token"]).claims["sid"]
    refused = visitor.provider.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"


def test_a_pushed_request_is_answered_once(provider: Running, visitor: Browser) -> None:
    pushed = call("POST", provider.url + "/par", data=visitor.request(), auth=credentials(PORTAL))
    assert pushed.status_code == 201
    named = {"client_id": "shell", "request_uri": pushed.json()["request_uri"]}
    assert visitor.get("/authorize", named).status_code == 200
    answer = arguments(visitor.submit({"chosen": ALICE}, **named))
    assert answer["state"] == "the-state"
    assert visitor.redeem(answer["code"]).status_code == 200
    again = visitor.get("/authorize", named)
    assert (again.status_code, "used or is too old" in again.text) == (400, True)


def test_a_pushed_request_is_checked_and_only_for_its_client(provider: Running, visitor: Browser) -> None:
    push = provider.url + "/par"
    assert call("POST", push, data=visitor.request()).status_code == 401
    refused = call("POST", push, data=visitor.request(nonce=None), auth=credentials(PORTAL))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    uri = call("POST", push, data=visitor.request(), auth=credentials(PORTAL)).json()["request_uri"]
    assert visitor.get("/authorize", {"client_id": "users", "request_uri": uri}).status_code == 400


def test_the_page_speaks_the_language_that_the_application_asks_for(visitor: Browser) -> None:
    assert 'lang="fr"' in visitor.visit(ui_locales="fr-FR en").text
    assert "Continuer en tant que" in visitor.visit(ui_locales="fr-FR en").text
    assert 'lang="en"' in visitor.visit(ui_locales="de").text


def test_a_stolen_host_name_is_refused(provider: Running) -> None:
    with closing(Browser(provider)) as visitor:
        visitor.session.headers["Host"] = "attacker.example"
        assert visitor.visit().status_code == 400
