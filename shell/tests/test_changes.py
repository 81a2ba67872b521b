"""Which changes pass the shell: those that the portal's own pages ask for, byte for byte."""

from io import BytesIO

import pytest

from shell.tests.apps import says
from shell.tests.conftest import CSRF, FORM, OWN_PAGE, MakePortal


def test_a_change_that_another_site_asks_for_is_refused_before_it_is_forwarded(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("reader")
    for origin in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil"}):
        answer = browser.post("/alpha/close", headers={"X-CSRF-Token": CSRF, **origin}, data={"a": "1"})
        assert answer.status_code == 403, origin
    assert made.asked() == []


def test_a_change_without_the_sessions_token_is_refused_before_it_is_forwarded(portal: MakePortal) -> None:
    made = portal(alpha={})
    answer = made.user("reader").post("/alpha/close", headers=OWN_PAGE, data={"csrf_token": "guessed"})
    assert answer.status_code == 403
    assert made.asked() == []


@pytest.mark.parametrize("origin", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_a_form_of_the_portals_own_page_is_forwarded_byte_for_byte(portal: MakePortal, origin: dict[str, str]) -> None:
    made = portal(alpha={"/close": says(b"", "303 See Other", Location="/alpha/pages")})
    form = b"csrf_token=the-sessions_token&name=caf%C3%A9+%26+co"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = made.user("reader").post("/alpha/close", headers={**origin, **kind}, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/alpha/pages")
    assert made.asked()[0].body == form
    assert made.asked()[0].headers["content-type"] == kind["Content-Type"]


def test_a_large_upload_is_forwarded_whole_when_its_token_is_in_the_header(portal: MakePortal) -> None:
    made = portal(alpha={"/upload": says(b"ok")})
    data = b"0123456789" * 300_000
    assert made.user("reader").put("/alpha/upload", headers=FORM, data=data).status_code == 200
    assert made.asked()[0].body == data


def test_an_upload_past_the_limit_is_refused(portal: MakePortal) -> None:
    made = portal(settings={"upload_bytes": 2_000_000}, alpha={})
    assert made.user("reader").put("/alpha/upload", headers=FORM, data=b"0" * 2_000_001).status_code == 413
    assert made.asked() == []


def test_other_methods_are_refused(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("reader")
    for method in ("OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        assert browser.open("/alpha/pages", method=method, headers=FORM).status_code == 405
    assert made.asked() == []


class Unread(BytesIO):
    """A body that comes too slowly for anybody to wait for."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("somebody waits for it")

    readinto = readline = read  # type: ignore[assignment]


def test_nobody_waits_for_the_form_of_somebody_who_is_not_signed_in(portal: MakePortal) -> None:
    made = portal(alpha={})
    kind = {"Content-Type": "application/x-www-form-urlencoded", **OWN_PAGE}
    for cookie in ({}, {"Cookie": f"shell={'a' * 32}.{'b' * 43}"}):
        answer = made.app.test_client().post(
            "/alpha/close", headers={**kind, **cookie}, input_stream=Unread(), content_length=100
        )
        assert answer.status_code in (302, 303, 401)
    assert made.asked() == []
