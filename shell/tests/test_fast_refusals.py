"""The home page without Flask's view is for nobody who may not see it, and for nothing out of the ordinary."""

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bff.access.assignments import SqlAssignments
from bff.identity.current import EXTENSION
from bff.testing import captured_logs
from shell.fast.front import Front
from shell.fast.loop import environ_of
from shell.tests.conftest import HTMX, MakePortal, Portal
from shell.tests.fast_pages import front_of, person
from shell.tests.test_home import card, offering

Deed = Callable[[Portal, FlaskClient], object]


def sign_out(made: Portal, browser: FlaskClient) -> object:
    return browser.post("/auth/logout", headers={"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": "tOken-of_her"})


def end_by_provider(made: Portal, _browser: FlaskClient) -> object:
    return made.app.extensions[EXTENSION].party.sessions.end_subject("http://provider.test", "u-tOken-of_her")


def tamper(made: Portal, browser: FlaskClient) -> object:
    name = made.app.extensions[EXTENSION].cookies.session
    cookie = browser.get_cookie(name)
    assert cookie is not None
    other = "A" if cookie.value[-2] != "A" else "B"
    browser.set_cookie(name, cookie.value[:-2] + other + cookie.value[-1])
    return cookie


@pytest.mark.parametrize("deed", [sign_out, end_by_provider, tamper])
def test_whoever_is_signed_out_or_forges_a_cookie_is_sent_to_the_login_at_once(portal: MakePortal, deed: Deed) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    assert all("from alpha" in browser.get("/").text for _ in range(3))
    deed(made, browser)
    answer = browser.get("/")
    assert (answer.status_code, "from alpha" in answer.text) == (302, False)


def test_a_session_that_ended_in_another_process_is_believed_for_a_second_at_most(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    assert browser.get("/").text
    store = made.app.extensions[EXTENSION].party.sessions.store
    for record in list(store._open().execute("SELECT name FROM record")):
        store.delete(record[0])
    ends = time.monotonic() + 5
    while "from alpha" in browser.get("/").text:
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_role_that_is_taken_away_takes_its_areas_and_entries_along(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("secret"), "alpha:page:read"))
    browser = person(made, "reader")
    assert all("secret" in browser.get("/").text for _ in range(2))
    SqlAssignments(made.platform.settings.access_database_url).remove("u-tOken-of_her", "reader")
    made.app.extensions["portal_access"].forget("u-tOken-of_her")
    text = browser.get("/").text
    assert "secret" not in text
    assert 'href="/alpha/pages"' not in text


@pytest.mark.parametrize(
    "headers",
    [HTMX, {"Authorization": "Bearer x"}, {"Portal-Identity": "x"}, {"If-None-Match": "x"}, {"Portal-Poll": "1"}],
)
def test_whatever_is_unusual_is_left_to_flask(portal: MakePortal, headers: dict[str, str]) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    front = front_of(made.app)
    assert browser.get("/").text
    front.home = None  # type: ignore[assignment]  # whoever comes this way now fails, with a warning
    with captured_logs() as logs:
        assert browser.get("/", headers=headers).get_data() is not None
    assert "left_to_flask" not in [entry["event"] for entry in logs]


def test_a_page_that_asks_for_more_than_a_login_is_refused_a_front(portal: MakePortal) -> None:
    made = portal(alpha={})
    made.app.view_functions["home.page"] = made.app.view_functions["metrics"]
    with pytest.raises(ValueError, match="more than a login"):
        Front(made.app, front_of(made.app).home)


PLAIN = b"GET / HTTP/1.1\r\nHost: portal\r\nCookie: shell=a.b\r\nAccept: text/html\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"GET /", b"GET /audit"),
        PLAIN.replace(b"Host: portal", b"Host: portal\r\nHost: other"),
        PLAIN.replace(b"Accept: text/html", b"Content-Length: 3"),
        PLAIN.replace(b"Accept: text/html", b"Accept : text/html"),
        PLAIN.replace(b"Accept: text/html", b"Accept: a\r\n folded"),
        PLAIN.replace(b"Accept: text/html", b"Accept_Language: fr"),
        PLAIN.replace(b"Accept: text/html", b"Accept: a\nCookie: shell=c.d"),
        PLAIN.replace(b"Accept: text/html", b"Connection: close"),
        PLAIN.replace(b"Accept: text/html", b"Accept: \xe9"),
        PLAIN + b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_head_that_two_servers_could_read_differently_is_left_to_a_thread(head: bytes) -> None:
    assert environ_of(PLAIN) is not None
    assert environ_of(head) is None
