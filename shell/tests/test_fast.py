"""The home page without Flask's view: the same as with it, to the last byte, and for nobody who may not see it."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from time_machine import travel
from werkzeug.test import TestResponse

from bff.access.assignments import SqlAssignments
from bff.identity.current import EXTENSION
from bff.identity.sessions import Session, Tokens
from bff.testing import captured_logs
from shell.deadlines import gather
from shell.fast.front import Front
from shell.fast.loop import environ_of
from shell.fast.visitors import RENEWED_SECONDS
from shell.tests.apps import Asked, Route, hangs, says
from shell.tests.conftest import HTMX, MakePortal, Portal
from shell.tests.registering import eventually
from shell.tests.scripted import Peer
from shell.tests.test_home import card, offering
from shell.tests.test_slots import OOPS

HERS = "tOken-of_her"
NOON = "2026-11-22 12:00:10"
NONCE = re.compile(r"nonce-([\w-]+)'")
FRAMING = ("Content-Length", "Transfer-Encoding")
OF_ONE_ANSWER = (*FRAMING, "Server-Timing", "X-Request-Id", "Content-Security-Policy", "Date")


@pytest.fixture
def noon() -> Iterator[None]:
    with travel(NOON, tick=False):
        yield


class Answered:
    """An answer without what is each one's own."""

    def __init__(self, response: TestResponse) -> None:
        policy = response.headers["Content-Security-Policy"]
        nonce = NONCE.search(policy)
        assert nonce, policy
        self.status, self.policy = response.status_code, policy.replace(nonce[1], "N")
        self.headers = sorted((name, value) for name, value in response.headers if name not in OF_ONE_ANSWER)
        self.names = sorted({name for name, _ in response.headers} - set(FRAMING))
        self.body = response.get_data().replace(nonce[1].encode(), b"N")
        self.nonces = response.get_data().count(nonce[1].encode())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answered) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return str(vars(self))


def stamped(peer: Peer, asked: Asked) -> None:
    """A fragment with an element that needs the page's nonce."""
    body = f'<section class="panel"><a hx-get="/" hx-nonce="{asked.headers["portal-nonce"]}">x</a></section>'
    says(body.encode(), Portal_Version="1.0", Content_Type="text/html")(peer, asked)


def person(made: Portal, role: str, name: str = "Olivia Okello", token: str = HERS) -> FlaskClient:
    """The browser of somebody of this role, whose token looks like those that are given out."""
    SqlAssignments(made.platform.settings.access_database_url).assign(f"u-{token}", role, "test")
    auth = made.app.extensions[EXTENSION]
    tokens = Tokens("access", None, "id", "openid", time.time() + 3600)
    who = ("http://provider.test", f"u-{token}", name, "olivia", None, None, token, None, (), int(time.time()))
    ticket, _ = auth.party.sessions.begin(Session(*who, time.time(), tokens))
    browser = made.app.test_client()
    browser.set_cookie(auth.cookies.session, ticket.cookie)
    return browser


def front_of(app: Flask) -> Front:
    """The front of an app, whose way past it is `_next`."""
    front = app.wsgi_app
    assert isinstance(front, Front)
    return front


def both_ways(made: Portal, browser: FlaskClient, headers: dict[str, str] | None = None) -> tuple[Answered, Answered]:
    """The page as Flask makes it, and the last of three that the front makes: its frame is known by then."""
    front = front_of(made.app)
    made.app.wsgi_app = front._next  # type: ignore[method-assign]
    slow = Answered(browser.get("/", headers=headers))
    made.app.wsgi_app = front  # type: ignore[method-assign]
    quick = [Answered(browser.get("/", headers=headers)) for _ in range(3)]
    return slow, quick[-1]


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("language", ["en", "fr", "de, fr;q=0.5", ""])
@pytest.mark.parametrize("role", ["reader", "visitor", "auditor"])
def test_both_ways_make_the_same_page_for_everybody_in_every_language(
    portal: MakePortal, role: str, language: str
) -> None:
    made = portal(alpha=offering("alpha", stamped, "alpha:page:read"), beta=offering("beta", card("from beta")))
    slow, quick = both_ways(made, person(made, role), {"Accept-Language": language} if language else None)
    assert quick == slow
    assert quick.status == 200


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("coding", ["br, gzip", "gzip", "identity"])
def test_both_ways_send_the_same_headers_in_every_coding(portal: MakePortal, coding: str) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    slow, quick = both_ways(made, person(made, "reader"), {"Accept-Encoding": coding})
    assert quick.headers == slow.headers
    assert ("Content-Encoding", coding[:4].strip(", ")) in quick.headers or coding == "identity"


def by_the_loop(made: Portal, browser: FlaskClient, language: str = "en") -> tuple[dict[str, str], bytes] | None:
    """Headers and page as the worker's main thread gets them; None where it leaves the request to a thread."""
    cookie = browser.get_cookie(made.app.extensions[EXTENSION].cookies.session)
    assert cookie is not None
    lines = ["GET / HTTP/1.1", "Host: portal", f"Cookie: {cookie.key}={cookie.value}", f"Accept-Language: {language}"]
    talk = made.app.extensions["portal_quick"].talk("\r\n".join([*lines, "", ""]).encode())
    if talk is None:
        return None
    headers, body = talk.answer(gather(talk.conversations, talk.deadline))
    return dict(headers), body


def known(made: Portal, browser: FlaskClient, language: str = "en") -> tuple[dict[str, str], bytes]:
    """The same once the main thread knows the visitor and the frame; on a slow machine that is soon over."""
    for _ in range(50):
        assert browser.get("/", headers={"Accept-Language": language}).text
        found = by_the_loop(made, browser, language)
        if found is not None:
            return found
    raise AssertionError("the main thread never knew them")


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_main_thread_makes_the_same_page_for_whoever_it_knows(portal: MakePortal, language: str) -> None:
    made = portal(settings={"slot_seconds": 0.3}, alpha=offering("alpha", stamped), beta=offering("beta", OOPS))
    browser = person(made, "reader")
    assert by_the_loop(made, browser, language) is None
    response = browser.get("/", headers={"Accept-Language": language})
    by_thread = Answered(response)
    headers, body = known(made, browser, language)
    nonce = NONCE.search(headers["Content-Security-Policy"])
    assert nonce
    assert body.replace(nonce[1].encode(), b"N") == by_thread.body
    assert sorted(pair for pair in headers.items() if pair[0] not in OF_ONE_ANSWER) == by_thread.headers
    assert headers["X-Request-Id"] != response.headers["X-Request-Id"]


@pytest.mark.parametrize("deed", ["end", "forget"])
def test_the_main_thread_knows_nobody_whose_session_or_rights_are_to_be_read(portal: MakePortal, deed: str) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    known(made, browser)
    if deed == "end":
        made.app.extensions[EXTENSION].party.sessions.end_subject("http://provider.test", f"u-{HERS}")
    else:
        made.app.extensions["portal_access"].forget(f"u-{HERS}")
    assert by_the_loop(made, browser) is None


def test_one_request_reads_anew_for_all_the_others(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")
    known(made, browser)
    first = next(iter(front_of(made.app).visitors._known.values()))
    first.until = time.monotonic() + RENEWED_SECONDS / 2
    assert by_the_loop(made, browser) is None
    assert first.claimed
    assert browser.get("/", headers={"Accept-Language": "en"}).text
    assert next(iter(front_of(made.app).visitors._known.values())) is not first


def lasting(body: str) -> Route:
    return says(body.encode(), Cache_Control="private, max-age=60", Content_Type="text/html", Portal_Version="1.0")


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lasting("<section>kept</section>"), id="a copy"),
        pytest.param(says(b"oops", "500 Internal Server Error"), id="an excuse"),
        pytest.param(says(b"", "204 No Content", Content_Length=""), id="nothing"),
        pytest.param(card("Grüße, café"), id="words"),
    ],
)
def test_both_ways_show_an_area_alike_in_every_state(portal: MakePortal, answer: Route) -> None:
    made = portal(alpha=offering("alpha", answer))
    browser = person(made, "reader")
    assert browser.get("/").text
    slow, quick = both_ways(made, browser)
    assert quick == slow


@pytest.mark.usefixtures("noon")
def test_both_ways_show_a_late_area_alike(portal: MakePortal) -> None:
    made = portal(settings={"slot_seconds": 0.1}, alpha=offering("alpha", hangs), beta=offering("beta", card("b")))
    slow, quick = both_ways(made, person(made, "reader"))
    assert quick == slow
    assert b'data-state="late"' in quick.body


def test_people_of_the_same_roles_share_nothing_of_each_other(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", stamped))
    one, two = person(made, "reader"), person(made, "reader", 'Ólöf <&> "O\'Brien"', "another-token")
    assert all("panels" in each.get("/").text for each in (one, two))
    text = two.get("/").text
    assert "Ólöf &lt;&amp;&gt; &#34;O&#39;Brien&#34;" in text
    assert "another-token" in text
    assert "Olivia" not in text
    assert "tOken-of_her" not in text
    assert "Ólöf" not in one.get("/").text


def test_a_page_by_a_frame_that_is_known_costs_no_template(portal: MakePortal, rendered: list[str]) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    browser = person(made, "reader")

    def costs_none() -> bool:
        rendered.clear()
        return "from alpha" in browser.get("/").text and not rendered

    assert eventually(costs_none)  # the registry may still be learning who is here, which is another frame


@pytest.fixture
def rendered(portal: MakePortal) -> Iterator[list[str]]:
    """The names of templates that Flask renders."""
    names: list[str] = []

    def note(_sender: object, template: Any, **_facts: object) -> None:
        names.append(template.name)

    with template_rendered.connected_to(note):
        yield names


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
