"""How a session ends, and who hears of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from sandbox.tests.relying_party import PORTAL, SIGNED_OUT, Browser, Running, arguments, running_provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def heard(httpserver: HTTPServer) -> HTTPServer:
    """An application that listens for the end of sessions."""
    httpserver.expect_oneshot_request("/auth/backchannel-logout", method="POST").respond_with_response(
        Response(status=200)
    )
    return httpserver


@pytest.fixture
def provider(tmp_path: Path, heard: HTTPServer) -> Iterator[Running]:
    """A provider that knows where the application listens."""
    address = heard.url_for("/auth/backchannel-logout")
    with running_provider(tmp_path, {**PORTAL, "backchannel_logout_uri": address}) as running:
        yield running


def still_signed_in(visitor: Browser) -> bool:
    return "code" in arguments(visitor.visit(prompt="none"))


def sign_out(visitor: Browser, id_token: str, **more: str) -> dict[str, str]:
    return {"id_token_hint": id_token, "client_id": "shell", "post_logout_redirect_uri": SIGNED_OUT, **more}


def test_the_application_ends_the_session_and_is_told_so(visitor: Browser, heard: HTTPServer) -> None:
    tokens = visitor.sign_in()
    sid = visitor.provider.read(tokens["id_token"]).claims["sid"]
    with heard.wait(timeout=5):
        left = visitor.get("/end-session", sign_out(visitor, tokens["id_token"], state="the-state"))
    assert left.headers["Location"] == f"{SIGNED_OUT}?state=the-state"
    assert not still_signed_in(visitor)
    told = visitor.provider.read(heard.log[0][0].form["logout_token"])
    assert told.header["typ"] == "logout+jwt"
    assert (told.claims["sid"], told.claims["sub"], told.claims["aud"]) == (sid, "u-101", "shell")
    assert told.claims["events"] == {EVENT: {}}
    assert told.claims["jti"]
    assert "nonce" not in told.claims


def test_the_tokens_of_an_ended_session_are_worthless(visitor: Browser) -> None:
    tokens = visitor.sign_in()
    visitor.get("/end-session", sign_out(visitor, tokens["id_token"]))
    refused = visitor.provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"


def test_an_expired_id_token_still_ends_its_session(visitor: Browser) -> None:
    tokens = visitor.sign_in()
    visitor.provider.clock.now += 3600
    assert visitor.get("/end-session", sign_out(visitor, tokens["id_token"])).status_code == 303
    assert not still_signed_in(visitor)


def test_an_id_token_ends_its_session_also_where_the_cookie_is_gone(visitor: Browser, provider: Running) -> None:
    tokens = visitor.sign_in()
    with closing(Browser(provider)) as other:
        assert other.get("/end-session", sign_out(other, tokens["id_token"])).status_code == 303
    assert not still_signed_in(visitor)


def test_without_proof_the_person_is_asked_first(visitor: Browser) -> None:
    visitor.sign_in()
    request = {"client_id": "shell", "post_logout_redirect_uri": SIGNED_OUT}
    page = visitor.get("/end-session", request)
    assert (page.status_code, still_signed_in(visitor)) == (200, True)
    url = visitor.provider.url + "/end-session"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    forged = visitor.session.post(url, data=request | {"confirmed": "yes"}, headers=foreign, allow_redirects=False)
    assert (forged.status_code, still_signed_in(visitor)) == (200, True)
    confirmed = visitor.session.post(url, data=request | {"confirmed": "yes"}, allow_redirects=False)
    assert confirmed.headers["Location"] == SIGNED_OUT
    assert not still_signed_in(visitor)


@pytest.mark.parametrize("change", [{"post_logout_redirect_uri": "http://localhost:9/else"}, {"client_id": "stranger"}])
def test_nobody_is_sent_to_an_address_that_is_not_registered(visitor: Browser, change: dict[str, str]) -> None:
    left = visitor.get("/end-session", sign_out(visitor, visitor.sign_in()["id_token"]) | change)
    assert left.status_code == 200
    assert "Signed out" in left.text


def test_a_forged_id_token_ends_nothing(visitor: Browser) -> None:
    header, _, signature = visitor.sign_in()["id_token"].split(".")
    visitor.get("/end-session", sign_out(visitor, f"{header}.e30.{signature}"))
    assert still_signed_in(visitor)
