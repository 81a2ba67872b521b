"""The home page without Flask's view: the same as with it, to the last byte."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import template_rendered

from bff.identity.current import EXTENSION
from shell.fast.visitors import RENEWED_SECONDS
from shell.tests.apps import Route, hangs, says
from shell.tests.conftest import MakePortal
from shell.tests.fast_pages import (
    HERS,
    NONCE,
    OF_ONE_ANSWER,
    Answered,
    both_ways,
    by_the_loop,
    front_of,
    known,
    person,
    stamped,
)
from shell.tests.registering import eventually
from shell.tests.scripted import ROOM
from shell.tests.test_home import card, offering
from shell.tests.test_slots import OOPS


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


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_main_thread_makes_the_same_page_for_whoever_it_knows(portal: MakePortal, language: str) -> None:
    made = portal(settings={"slot_seconds": ROOM}, alpha=offering("alpha", stamped), beta=offering("beta", OOPS))
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
    made = portal(settings={"slot_seconds": ROOM}, alpha=offering("alpha", hangs), beta=offering("beta", card("b")))
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
