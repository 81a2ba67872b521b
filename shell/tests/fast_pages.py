"""The home page both ways, with Flask's view and without, and by the main thread; and the browsers that ask for it."""

import re
import time

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bff.access.assignments import SqlAssignments
from bff.identity.current import EXTENSION
from bff.identity.sessions import Session, Tokens
from shell.deadlines import gather
from shell.fast.front import Front
from shell.tests.apps import Asked, says
from shell.tests.conftest import Portal
from shell.tests.scripted import Peer

HERS = "tOken-of_her"
NONCE = re.compile(r"nonce-([\w-]+)'")
FRAMING = ("Content-Length", "Transfer-Encoding")
OF_ONE_ANSWER = (*FRAMING, "Server-Timing", "X-Request-Id", "Content-Security-Policy", "Date")


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
