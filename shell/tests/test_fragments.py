"""Fragments that are shown again: how long, to whom, under which nonce, and what ends it."""

import json
import re

import pytest

from bff.access.assignments import SqlAssignments
from shell.copies import MemoryCopies
from shell.tests.apps import Asked, Route, hangs, says
from shell.tests.conftest import FORM, HTMX, MakePortal, Portal
from shell.tests.registering import eventually
from shell.tests.scripted import ROOM, Peer
from shell.tests.test_home import card, main_of, offering
from shell.tests.test_slots import OOPS, in_turn, state_of

OK = "200 OK"


def counting(**headers: str) -> Route:
    """A fragment that says how often it was made."""
    times = iter(range(1, 1000))

    def answer(peer: Peer, asked: Asked) -> None:
        said = f'<section class="panel"><a hx-nonce="{asked.headers["portal-nonce"]}">made {next(times)}</a></section>'
        peer.answer(said.encode(), **{"Portal_Version": "1.0", **headers})

    return answer


@pytest.fixture
def kept(portal: MakePortal) -> Portal:
    """An app whose fragment may be shown for a minute."""
    return portal(alpha=offering("alpha", counting(Cache_Control="private, max-age=60")))


def test_a_fragment_is_shown_again_while_it_is_fresh_and_under_the_new_pages_nonce(kept: Portal) -> None:
    browser = kept.user("reader")
    main_of(browser)
    again = browser.get("/")
    assert ("made 1" in again.text, state_of(again.text, "alpha")) == (True, "cached")
    nonce = re.findall(r"'nonce-([^']+)'", again.headers["Content-Security-Policy"])[0]
    assert set(re.findall(r'hx-nonce="([^"]+)"', again.text)) == {nonce}
    assert len(kept.asked(target="/card")) == 1


def test_what_somebody_else_was_shown_is_asked_for_anew(kept: Portal) -> None:
    assert "made 1" in main_of(kept.user("reader"))
    assert "made 2" in main_of(kept.user("visitor"))


def test_each_language_has_its_own_copy(kept: Portal) -> None:
    browser = kept.user("reader")
    main_of(browser)
    assert "made 2" in browser.get("/", headers={"Accept-Language": "fr"}).text


def test_a_change_made_in_an_app_ends_what_the_person_saw_of_it(kept: Portal) -> None:
    browser = kept.user("reader")
    main_of(browser)
    browser.post("/alpha/close", headers=FORM, data={"a": "1"})
    assert "made 2" in main_of(browser)


def test_a_role_taken_away_ends_what_was_shown_with_it(kept: Portal) -> None:
    browser = kept.user("reader", "visitor")
    assert "made 1" in main_of(browser)
    SqlAssignments(kept.platform.settings.access_database_url).remove("u-reader-visitor", "visitor")
    kept.app.extensions["portal_access"].forget("u-reader-visitor")
    assert "made 2" in main_of(browser)


def test_a_new_session_is_shown_nothing_of_the_old_one(kept: Portal) -> None:
    main_of(kept.user("reader"))
    assert "made 2" in main_of(kept.user("reader"))


@pytest.mark.parametrize("said", ["private, no-store", "private, max-age=0", "no-cache"])
def test_what_may_not_be_shown_again_is_asked_for_each_time(portal: MakePortal, said: str) -> None:
    browser = portal(alpha=offering("alpha", counting(Cache_Control=said))).user("reader")
    main_of(browser)
    assert "made 2" in main_of(browser)


def test_an_app_is_asked_whether_a_copy_still_holds(portal: MakePortal) -> None:
    def answer(peer: Peer, asked: Asked) -> None:
        if asked.headers.get("if-none-match") == '"1"':
            peer.answer(b"", "304 Not Modified", Content_Length="", Content_Type="", Portal_Version="1.0")
        else:
            peer.answer(b'<section class="panel">the first</section>', ETag='"1"', Portal_Version="1.0")

    made = portal(alpha=offering("alpha", answer))
    browser = made.user("reader")
    main_of(browser)
    main = main_of(browser)
    assert ("the first" in main, state_of(main, "alpha")) == (True, "fresh")
    assert [asked.headers.get("if-none-match") for asked in made.asked(target="/card")] == [None, '"1"']


def newer(main: str) -> bool:
    """Whether a copy is shown that was made after the first: which one depends on how many were fetched meanwhile."""
    return any(int(made) > 1 for made in re.findall(r"made (\d+)", main))


def test_an_older_copy_is_shown_at_once_while_a_new_one_is_fetched(portal: MakePortal) -> None:
    said = "private, max-age=0, stale-while-revalidate=60"
    browser = portal(alpha=offering("alpha", counting(Cache_Control=said))).user("reader")
    main_of(browser)
    main = main_of(browser)
    assert ("made 1" in main, state_of(main, "alpha")) == (True, "cached")
    assert eventually(lambda: newer(main_of(browser)))


@pytest.mark.parametrize("refusing", [says(b"no", "403 Forbidden"), says(b"", "302 Found", Location="/x")])
def test_no_copy_stands_in_where_an_app_refuses_to_show_it(portal: MakePortal, refusing: Route) -> None:
    browser = portal(alpha=offering("alpha", in_turn(card("no longer yours"), refusing))).user("reader")
    main_of(browser)
    main = main_of(browser)
    assert ("no longer yours" in main, state_of(main, "alpha")) == (False, "fallback")


@pytest.mark.parametrize("failing", [OOPS, hangs])
def test_the_last_good_copy_stands_in_for_a_fragment_that_fails_and_says_of_when_it_is(
    portal: MakePortal, failing: Route
) -> None:
    table = offering("alpha", in_turn(card("the last good one"), failing))
    browser = portal(settings={"slot_seconds": ROOM}, alpha=table).user("reader")
    main_of(browser)
    main = main_of(browser)
    assert ("the last good one" in main, state_of(main, "alpha")) == (True, "stale")
    assert re.search(r"No answer at the moment: as of \d\d:\d\d UTC", main)
    assert 'hx-get="/slots/home/alpha/0"' in main


def test_what_may_not_be_kept_stands_in_for_nothing(portal: MakePortal) -> None:
    good = says(b"<section>secret</section>", OK, Cache_Control="no-store", Portal_Version="1.0")
    browser = portal(alpha=offering("alpha", in_turn(good, OOPS))).user("reader")
    main_of(browser)
    main = main_of(browser)
    assert ("secret" in main, state_of(main, "alpha")) == (False, "fallback")


def test_a_copy_of_nothing_takes_no_room_either(portal: MakePortal) -> None:
    nothing = says(b"", "204 No Content", Content_Length="", Cache_Control="private, max-age=60")
    made = portal(alpha=offering("alpha", nothing))
    browser = made.user("reader")
    for _ in range(2):
        assert "data-area" not in main_of(browser)
    assert len(made.asked(target="/card")) == 1


def test_whoever_tries_again_is_asked_for_anew_where_the_copy_is_old(portal: MakePortal) -> None:
    table = offering("alpha", in_turn(card("good"), OOPS, card("well again")))
    browser = portal(alpha=table).user("reader")
    main_of(browser)
    assert state_of(main_of(browser), "alpha") == "stale"
    assert "well again" in browser.get("/slots/home/alpha/0", headers=HTMX).text


def test_a_portal_without_room_for_copies_works_without_them(portal: MakePortal) -> None:
    made = portal(settings={"copies_bytes": 0}, alpha=offering("alpha", counting(Cache_Control="max-age=60")))
    browser = made.user("reader")
    main_of(browser)
    assert "made 2" in main_of(browser)
    assert isinstance(made.platform.copies, MemoryCopies)


def test_an_empty_answer_to_json_is_no_fragment(portal: MakePortal) -> None:
    wrong = says(json.dumps({}).encode(), Content_Type="application/json")
    assert state_of(main_of(portal(alpha=offering("alpha", wrong)).user("reader")), "alpha") == "fallback"
