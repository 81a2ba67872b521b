"""What a person reads when a micro-frontend is late, broken or gone."""

import time

from flask.testing import FlaskClient

from shell.tests.apps import Asked, hangs, says
from shell.tests.conftest import FORM, HTMX, MakePortal
from shell.tests.scripted import ROOM, SOON, Peer


def signed_in_form(browser: FlaskClient, path: str) -> str:
    response = browser.post(path, headers=FORM, data={"a": "1"})
    assert response.status_code in (503, 504)
    return response.text


def test_a_late_page_costs_its_own_area_only(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": ROOM}, alpha={"/slow": hangs}, beta={})
    browser, began = made.user("reader"), time.monotonic()
    response = browser.get("/alpha/slow")
    assert time.monotonic() - began < SOON
    assert response.status_code == 504
    assert "App alpha does not answer" in response.text
    assert "Nothing was changed." in response.text
    assert 'href="/alpha/slow"' in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert 'href="/beta/pages"' in response.text
    assert browser.get("/beta/pages").status_code == 200


def test_a_page_that_stalls_half_way_is_late_as_a_whole(portal: MakePortal) -> None:
    def stall(peer: Peer, asked: Asked) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<h1>so far")
        peer.hang()

    response = portal(settings={"main_seconds": ROOM}, alpha={"/half": stall}).user("reader").get("/alpha/half")
    assert response.status_code == 504
    assert "so far" not in response.text


def test_htmx_gets_the_unavailable_area_without_the_frame(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": ROOM}, alpha={"/slow": hangs})
    response = made.user("reader").get("/alpha/slow", headers=HTMX)
    assert response.status_code == 504
    assert "<!doctype" not in response.text
    assert "data-portal-error" in response.text


def test_a_program_gets_a_problem_instead_of_a_page(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": ROOM}, alpha={"/api/pages": hangs})
    response = made.user("reader").get("/alpha/api/pages", headers={"Accept": "application/json"})
    assert (response.status_code, response.mimetype) == (504, "application/problem+json")


def test_a_crash_is_replaced_and_an_explained_failure_is_shown(portal: MakePortal) -> None:
    table = {
        "/crash": says(b"Traceback: secret", "500 Internal Server Error"),
        "/told": says(b"<h1>The hub does not answer</h1>", "502 Bad Gateway", Portal_Title="Hub"),
        "/api": says(b'{"title": "no"}', "500 Internal Server Error", Content_Type="application/problem+json"),
    }
    browser = portal(alpha=table).user("reader")
    crash = browser.get("/alpha/crash")
    assert crash.status_code == 503
    assert "secret" not in crash.text
    told = browser.get("/alpha/told")
    assert (told.status_code, "The hub does not answer" in told.text) == (502, True)
    assert browser.get("/alpha/api", headers={"Accept": "application/json"}).get_json() == {"title": "no"}


def test_a_change_whose_outcome_is_unknown_says_so_and_offers_no_repetition(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": ROOM}, alpha={"/close": hangs})
    text = signed_in_form(made.user("reader"), "/alpha/close")
    assert "the change may have been made" in text
    assert "Nothing was changed" not in text
    assert "Try again" not in text.split("<main", 1)[1].split("</main>", 1)[0]
    assert len(made.asked(target="/close")) == 1


def test_a_change_that_never_left_the_shell_says_that_nothing_was_changed(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("reader")
    made.servers["alpha"].__exit__()
    text = signed_in_form(browser, "/alpha/close")
    assert "nothing was changed" in text
    assert "may have been made" not in text
