"""When an app's pages are no longer asked for, what people read then, and how it comes back without any of them."""

import time
from threading import Event

import pytest

from shell.breaker import IN_A_ROW, State
from shell.tests.apps import Route, says
from shell.tests.conftest import FORM, MakePortal, Portal, serves_manifest

AWAY = says(b"bad gateway", "502 Bad Gateway")


def breaker_state(made: Portal) -> State:
    return made.platform.breakers.of(made.platform.registry.all()[0].upstream).state


def eventually(made: Portal, state: State) -> bool:
    until = time.monotonic() + 15
    while breaker_state(made) is not state and time.monotonic() < until:
        time.sleep(0.02)
    return breaker_state(made) is state


def failing_pages(portal: MakePortal, well: Event) -> Portal:
    """An app whose pages fail, and whose manifest does too until it is well."""
    good = serves_manifest("alpha")
    well.set()
    made = portal(
        alpha={
            "/pages": AWAY,
            "/manifest.json": lambda peer, asked: (good if well.is_set() else AWAY)(peer, asked),
        }
    )
    well.clear()
    browser = made.user("reader")
    for _ in range(IN_A_ROW):
        assert browser.get("/alpha/pages").status_code == 503
    return made


def test_an_app_that_keeps_failing_is_answered_for_at_once_and_comes_back_on_nobodys_request(
    portal: MakePortal,
) -> None:
    well = Event()
    made = failing_pages(portal, well)
    answer = made.user("visitor").get("/alpha/open")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "App alpha does not answer" in answer.text
    well.set()
    assert eventually(made, State.CLOSED)
    assert made.asked(target="/open") == []
    assert made.user("visitor").get("/alpha/open").status_code == 200


def test_a_change_is_refused_before_it_is_sent_while_an_app_is_not_asked(portal: MakePortal) -> None:
    made = failing_pages(portal, Event())
    answer = made.user("reader").post("/alpha/close", headers=FORM, data={"a": "1"})
    assert answer.status_code == 503
    assert "nothing was changed" in answer.text
    assert made.asked(target="/close") == []


@pytest.mark.parametrize(
    "route",
    [
        says(b"<h1>The hub does not answer</h1>", "502 Bad Gateway", Portal_Title="Hub"),
        says(b"{}", "502 Bad Gateway", Content_Type="application/problem+json"),
        says(b"<h1>Gone</h1>", "404 Not Found", Portal_Title="Gone"),
    ],
)
def test_what_an_app_says_of_its_own_failures_costs_it_nothing(portal: MakePortal, route: Route) -> None:
    made = portal(alpha={"/pages": route})
    browser = made.user("reader")
    for _ in range(2 * IN_A_ROW):
        browser.get("/alpha/pages")
    assert breaker_state(made) is State.CLOSED
