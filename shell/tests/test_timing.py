"""What a page tells its reader of the time that its parts took."""

import re

import pytest

from bff.testing import captured_logs
from shell.tests.apps import says
from shell.tests.conftest import HTMX, MakePortal
from shell.tests.fast_pages import known, person
from shell.tests.test_home import card, offering
from shell.tests.test_slots import OOPS
from shell.timing import under

OWN = {"Server_Timing": 'total;dur=12.5, hub;dur=9;desc="2"', "Portal_Version": "1.0", "Content_Type": "text/html"}


def parts(said: str) -> list[str]:
    """Entries without their durations, which are each answer's own."""
    return re.sub(r";dur=[0-9.]+", "", said).split(", ")


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ('db;dur=3.25;desc="rows, all", app', "a.db;dur=3.25, a.app"),
        ("cache;desc=hit", "a.cache;desc=hit"),
        ("x;dur=1e9, <b>;dur=1, , y;dur=-1", "a.x, a.y"),
        ('z;desc="</script>"', "a.z"),
        ("", "a"),
        (", ".join(f"n{number}" for number in range(20)), ", ".join(f"a.n{number}" for number in range(8))),
    ],
)
def test_what_an_app_says_of_itself_stands_under_its_name_as_far_as_it_is_well_formed(own: str, kept: str) -> None:
    assert under("a", own) == kept


def test_a_page_names_its_app_and_what_that_says_of_itself(portal: MakePortal) -> None:
    made = portal(alpha={"/pages": says(b"<h1>x</h1>", **OWN), "/data": says(b"{}", Content_Type="application/json")})
    browser = made.user("reader")
    assert parts(browser.get("/alpha/pages").headers["Server-Timing"]) == [
        "total", "alpha;desc=fresh", "alpha.total", 'alpha.hub;desc="2"',
    ]  # fmt: skip
    assert parts(browser.get("/alpha/data").headers["Server-Timing"]) == ["total", "alpha;desc=fresh"]


def test_an_app_that_does_not_answer_is_named_too(portal: MakePortal) -> None:
    made = portal(alpha={"/pages": says(b"", "502 Bad Gateway", Content_Type="text/html")})
    assert parts(made.user("reader").get("/alpha/pages").headers["Server-Timing"]) == ["total", "alpha;desc=fallback"]


def test_a_page_that_is_sent_whole_names_every_fragment_of_it(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", says(b"<p>a</p>", **OWN)), beta=offering("beta", OOPS))
    said = made.user("reader").get("/", headers=HTMX).headers["Server-Timing"]
    assert parts(said) == ["total", "alpha;desc=fresh", "alpha.total", 'alpha.hub;desc="2"', "beta;desc=fallback"]


def test_whoever_may_not_see_an_app_is_not_told_of_it(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("a"), "alpha:page:read"), beta=offering("beta", card("b")))
    said = made.user("visitor").get("/", headers=HTMX).headers["Server-Timing"]
    assert parts(said) == ["total", "beta;desc=fresh"]
    assert "Server-Timing" not in made.app.test_client().get("/").headers


def test_an_area_by_itself_says_how_long_it_took(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("a")))
    said = made.user("reader").get("/slots/home/alpha/0", headers=HTMX).headers["Server-Timing"]
    assert parts(said) == ["total", "alpha;desc=fresh"]


@pytest.mark.usefixtures("noon")
def test_the_main_thread_says_the_same(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", says(b"<p>a</p>", **OWN)))
    headers, _ = known(made, person(made, "reader"))
    assert parts(headers["Server-Timing"]) == ["total", "alpha;desc=fresh", "alpha.total", 'alpha.hub;desc="2"']


def test_a_slow_fragment_is_logged_with_what_is_needed_to_look_for_it(portal: MakePortal) -> None:
    made = portal(settings={"slow_ms": 0}, alpha=offering("alpha", card("a")))
    with captured_logs() as logs:
        assert made.user("reader").get("/", headers=HTMX).text
    line = next(each for each in logs if each["event"] == "slow_fragment")
    assert (line["microfrontend"], line["slot"], line["number"], line["state"]) == ("alpha", "home", 0, "fresh")
    assert (line["log_level"], type(line["ms"])) == ("warning", int)
    assert line["trace_id"] == made.asked("alpha", "/card")[0].headers["traceparent"].split("-")[1]
