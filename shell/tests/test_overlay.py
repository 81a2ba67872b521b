"""The developer overlay: who made which part of a page, for developers in the sandbox and for nobody else."""

import re

import pytest
from flask.testing import FlaskClient

from shell.overlay import COOKIE
from shell.tests.apps import page
from shell.tests.conftest import HTMX, MakePortal, Portal
from shell.tests.fast_pages import front_of, person
from shell.tests.test_home import card, offering
from shell.tests.test_slots import OOPS
from shell.tests.test_timing import parts

APPS = {"alpha": offering("alpha", card("from alpha")), "beta": offering("beta", OOPS)}


def turned_on(made: Portal, path: str = "/") -> FlaskClient:
    """A browser in which somebody has asked for it."""
    browser = person(made, "reader")
    answer = browser.get(f"{path}?overlay=1&kept=a%20b")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"http://localhost{path}?kept=a+b")
    return browser


def labels(html: str) -> list[str]:
    return [re.sub(r"\d+ ms", "N ms", label) for label in re.findall(r'data-overlay="([^"]*)"', html)]


def test_each_area_says_whose_it_is_and_how_it_came(portal: MakePortal) -> None:
    html = turned_on(portal(**APPS)).get("/", headers={"Accept-Language": "en"}).text
    assert labels(html) == ["alpha 1.0 · asked for now · N ms", "beta 1.0 · fallback · N ms"]
    assert "overlay.css" not in html
    assert re.search(r'href="/static/overlay\.[0-9a-f]{8}\.css"', html)
    assert "style=" not in html


def test_it_speaks_the_readers_language(portal: MakePortal) -> None:
    html = turned_on(portal(**APPS)).get("/", headers={"Accept-Language": "fr"}).text
    assert labels(html) == ["alpha 1.0 · demandé maintenant · N ms", "beta 1.0 · texte de remplacement · N ms"]
    assert "Désactiver" in html


def test_a_page_that_shows_it_is_sent_whole_and_names_every_part_in_its_head_too(portal: MakePortal) -> None:
    said = turned_on(portal(**APPS)).get("/").headers["Server-Timing"]
    assert parts(said) == ["total", "alpha;desc=fresh", "beta;desc=fallback"]


def test_a_page_of_an_app_and_an_area_by_itself_say_so_too(portal: MakePortal) -> None:
    browser = turned_on(portal(alpha={**APPS["alpha"], "/pages": page}))
    assert labels(browser.get("/alpha/pages").text) == ["alpha 1.0 · asked for now · N ms"]
    assert labels(browser.get("/alpha/pages", headers={**HTMX, "HX-Boosted": "true"}).text) != []
    assert labels(browser.get("/alpha/pages", headers=HTMX).text) == []  # a part of a page has a place of its own
    assert labels(browser.get("/slots/home/alpha/0", headers=HTMX).text) == ["alpha 1.0 · asked for now · N ms"]


def test_no_app_is_told_of_it(portal: MakePortal) -> None:
    made = portal(alpha={"/pages": page})
    browser = turned_on(made, "/alpha/pages")
    assert made.asked("alpha", "/pages?kept=a%20b") == []
    browser.get("/alpha/pages?kept=a%20b")
    assert [asked.target for asked in made.asked("alpha")] == ["/pages?kept=a%20b"]


def test_it_is_turned_off_again(portal: MakePortal) -> None:
    browser = turned_on(portal(**APPS))
    assert browser.get("/?overlay=0").headers["Location"] == "http://localhost/"
    assert labels(browser.get("/").text) == []


def test_the_fast_ways_leave_it_to_flask(portal: MakePortal) -> None:
    made = portal(**APPS)
    plain, browser = person(made, "reader"), turned_on(made)
    assert labels(plain.get("/").text) == []
    front_of(made.app).home = None  # type: ignore[assignment]  # whoever comes this way now fails
    assert labels(browser.get("/").text) != []


@pytest.mark.parametrize("environment", ["production", "test"])
def test_nowhere_but_in_the_sandbox_does_it_exist(portal: MakePortal, environment: str) -> None:
    made = portal(settings={"environment": environment}, **APPS)
    browser = person(made, "reader")
    assert browser.get("/?overlay=1").status_code == 200
    browser.set_cookie(COOKIE, "1")
    html = browser.get("/").text
    assert labels(html) == []
    assert "overlay" not in html
