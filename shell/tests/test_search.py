"""One question goes to every app that offers to answer it, for this person, within the deadline of slots."""

from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient

from shell.tests.apps import Route, hangs, says
from shell.tests.conftest import MakePortal, Portal, serves_manifest
from shell.tests.scripted import ROOM
from shell.tests.test_home import main_of


def finding(name: str, answer: Route, permission: str = "", href: str = "/find?q={q}") -> dict[str, Route]:
    """The routes of an app that answers searches."""
    slot = {"name": "search", "href": href, **({"permission": permission} if permission else {})}
    return {"/manifest.json": serves_manifest(name, slots=[slot]), "/find": answer}


def hit(text: str) -> Route:
    return says(f'<ul><li><a href="/x">{text}</a></li></ul>'.encode(), Portal_Version="1.0", Cache_Control="no-store")


def found(browser: FlaskClient, words: str = "four") -> str:
    answer = browser.get("/slots/search", query_string={"q": words})
    assert answer.status_code == 200
    return answer.text


def test_what_apps_find_stands_under_their_names_in_the_order_of_the_menu(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hit("window 4")), beta=finding("beta", hit("report 4")), gamma={})
    text = found(made.user("reader"))
    order = [text.index(each) for each in ("App alpha", "window 4", "App beta", "report 4")]
    assert order == sorted(order)


def asks(made: Portal, name: str = "alpha") -> list[str]:
    """What an app was asked to find."""
    return [asked.target for asked in made.asked(name) if asked.target.startswith("/find")]


@pytest.mark.parametrize("words", ["a b", "../../etc", "ä&x=1", "#4?", "{q}", "50%"])
def test_words_arrive_as_they_were_typed_and_cannot_change_the_address(portal: MakePortal, words: str) -> None:
    made = portal(alpha=finding("alpha", hit("something")))
    assert "something" in found(made.user("reader"), words)
    (target,) = asks(made)
    path, _, query = target.partition("?")
    assert (path, parse_qs(query)) == ("/find", {"q": [words]})


def test_an_app_whose_path_would_hold_the_words_is_not_asked(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hit("something"), href="/find/{q}"))
    assert found(made.user("reader")) == ""
    assert asks(made) == []


def test_only_apps_that_this_person_may_ask_are_asked(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hit("secret"), "alpha:page:read"), beta=finding("beta", hit("open")))
    text = found(made.user("visitor"))
    assert ("secret" in text, "open" in text) == (False, True)
    assert asks(made) == []


def test_an_app_that_hangs_costs_its_own_findings_only_and_that_is_said(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hangs), beta=finding("beta", hit("report 4")), settings={"slot_seconds": ROOM})
    text = found(made.user("reader"))
    assert "report 4" in text
    assert "something may be missing" in text.split("App alpha")[1].split("App beta")[0]


def test_one_letter_asks_nobody(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hit("something")))
    assert found(made.user("reader"), "a") == ""
    assert asks(made) == []


def test_without_javascript_it_is_a_page_with_the_menus_pages_too(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", hit("window 4")))
    main = main_of(made.user("reader"), "/search?q=appro")
    assert 'href="/approvals"' in main
    assert "window 4" in main
    assert 'value="appro"' in main


def test_where_nothing_is_found_it_says_what_was_searched(portal: MakePortal) -> None:
    made = portal(alpha=finding("alpha", says(b"", Portal_Version="1.0")))
    main = main_of(made.user("reader"), "/search?q=<b>nothing")
    assert "Nothing of yours says “&lt;b&gt;nothing”" in main
