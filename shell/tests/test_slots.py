"""What stands in slots: on the home page, in pages of others, when it is late, old or away."""

import zlib
from collections.abc import Callable
from threading import Event

import brotli
import pytest
from flask.testing import FlaskClient

from shell.tests.apps import Asked, Route, hangs, says
from shell.tests.conftest import FORM, HTMX, MakePortal, Portal, serves_manifest
from shell.tests.scripted import ROOM, Peer
from shell.tests.test_home import card, main_of, offering


def about(name: str, answer: Route, href: str = "/facts/{id}", permission: str = "") -> dict[str, Route]:
    """The routes of an app that offers one fragment to pages about a settlement."""
    slot = {"name": "settlement", "href": href, **({"permission": permission} if permission else {})}
    return {"/manifest.json": serves_manifest(name, slots=[slot]), "/facts/12": answer}


def asking_for(context: str, slot: str = "settlement") -> Route:
    """A page with a slot."""
    mark = f'<div class="panels" data-slot="{slot}" data-slot-context="{context}"></div>'
    return says(f"<h1>Settlement</h1>{mark}<p>end</p>".encode(), Portal_Title="Settlement", Portal_Version="1.0")


def state_of(text: str, app: str, slot: str = "home") -> str:
    return text.split(f'data-area="{app}/{slot}/0"')[1].split('data-state="')[1].split('"')[0]


def in_turn(*routes: Route) -> Route:
    """Answers as each of these, the last for ever."""
    left = list(routes)
    return lambda peer, asked: (left.pop(0) if len(left) > 1 else left[0])(peer, asked)


OOPS = says(b"oops", "500 Internal Server Error")


def test_a_page_shows_in_its_slot_what_others_know_of_its_object(portal: MakePortal) -> None:
    made = portal(alpha={"/settlements/12": asking_for("id=12")}, beta=about("beta", card("facts of 12")))
    main = main_of(made.user("reader"), "/alpha/settlements/12")
    assert 0 < main.index("<h1>Settlement") < main.index("facts of 12") < main.index("<p>end")
    assert state_of(main, "beta", "settlement") == "fresh"


def test_a_slot_is_filled_for_htmx_too_and_only_with_what_a_person_may_see(portal: MakePortal) -> None:
    offered = about("beta", card("facts of 12"), permission="beta:page:read")
    made = portal(alpha={"/settlements/12": asking_for("id=12")}, beta=offered)
    assert "facts of 12" in made.user("reader").get("/alpha/settlements/12", headers=HTMX).text
    assert "data-area" not in made.user("visitor").get("/alpha/settlements/12", headers=HTMX).text
    assert len(made.asked("beta")) == 1


@pytest.mark.parametrize("context", ["id=..", "id=a/b", "id=%2e", "id=", "other=12", "ID=12", ""])
def test_what_a_page_says_it_is_about_cannot_lead_anywhere_else(portal: MakePortal, context: str) -> None:
    made = portal(alpha={"/settlements/12": asking_for(context)}, beta=about("beta", card("facts")))
    assert "<p>end" in main_of(made.user("reader"), "/alpha/settlements/12")
    assert made.asked("beta") == []


def test_one_area_about_an_object_can_be_asked_for_by_itself(portal: MakePortal) -> None:
    made = portal(alpha={}, beta=about("beta", card("facts of 12")))
    browser = made.user("reader")
    assert "facts of 12" in browser.get("/slots/settlement/beta/0?id=12", headers=HTMX).text
    assert browser.get("/slots/settlement/beta/0?id=../x", headers=HTMX).status_code == 404
    assert browser.get("/slots/settlement/beta/0", headers=HTMX).status_code == 404


def test_a_page_decides_its_own_status_and_a_slot_never_does(portal: MakePortal) -> None:
    gone = says(b'<div class="panels" data-slot="home" data-slot-context=""></div>', "404 Not Found", Portal_Title="No")
    made = portal(
        alpha={"/gone": gone, "/here": asking_for("", "home")},
        beta=offering("beta", says(b"", "302 Found", Location="/auth/login")),
    )
    browser = made.user("reader")
    assert browser.get("/alpha/gone").status_code == 404
    assert made.asked("beta") == []
    here = browser.get("/alpha/here")
    assert (here.status_code, state_of(here.text, "beta")) == (200, "fallback")


def test_a_late_area_has_its_place_and_arrives_there_by_itself(portal: MakePortal) -> None:
    apps = {"alpha": offering("alpha", in_turn(hangs, card("here at last"))), "beta": offering("beta", card("in time"))}
    browser = portal(settings={"slot_seconds": ROOM}, **apps).user("reader")
    main = main_of(browser)
    assert (state_of(main, "alpha"), state_of(main, "beta")) == ("late", "fresh")
    assert 'hx-get="/slots/home/alpha/0" hx-trigger="load"' in main
    assert "here at last" in browser.get("/slots/home/alpha/0", headers=HTMX).text


def test_what_is_late_again_says_so_and_waits_for_the_person(portal: MakePortal) -> None:
    settings = {"slot_seconds": 0.2, "late_seconds": 0.2}
    browser = portal(settings=settings, alpha=offering("alpha", hangs)).user("reader")
    assert state_of(main_of(browser), "alpha") == "late"
    again = browser.get("/slots/home/alpha/0", headers=HTMX).text
    assert state_of(again, "alpha") == "fallback"
    assert "hx-trigger" not in again


def test_an_upstream_that_keeps_hanging_costs_no_page_anything_more(portal: MakePortal) -> None:
    made = portal(settings={"slot_seconds": 0.1, "late_seconds": 0.1}, alpha=offering("alpha", hangs))
    browser = made.user("reader")
    for _ in range(5):
        main_of(browser)
        browser.get("/slots/home/alpha/0", headers=HTMX)
    asked = len(made.asked())
    assert asked == 10
    assert state_of(main_of(browser), "alpha") == "fallback"
    assert len(made.asked()) == asked
    assert len(made.platform.breakers.not_closed(made.platform.registry.all()[0].upstream)) == 2


def test_the_fallback_and_its_words_are_in_the_readers_language(portal: MakePortal) -> None:
    offered = offering("alpha", OOPS)
    words = {"en": "No pages now.", "fr": "Pas de feuilles pour le moment."}
    slots = [{"name": "home", "href": "/card"}]
    made = portal(alpha=offered | {"/manifest.json": serves_manifest("alpha", slots=slots, fallback=words)})
    browser = made.user("reader")
    french = browser.get("/", headers={"Accept-Language": "fr"}).text
    assert state_of(french, "alpha") == "fallback"
    assert "Pas de feuilles" in french
    assert "Réessayer" in french
    assert "No pages now." in main_of(browser)


def test_what_stands_in_for_a_fragment_is_counted_by_its_upstream(portal: MakePortal) -> None:
    made = portal(settings={"metrics_token": "t"}, alpha=offering("alpha", OOPS))
    main_of(made.user("reader"))
    said = made.app.test_client().get("/metrics", headers={"Authorization": "Bearer t"}).text
    upstream = made.platform.registry.all()[0].upstream
    assert f'fragments_shown_total{{outcome="fallback",upstream="{upstream}"}} 1.0' in said


def test_a_full_upstream_answers_a_change_at_once_and_says_that_nothing_was_changed(portal: MakePortal) -> None:
    made = portal(settings={"pages_at_once": 0}, alpha={})
    response = made.user("reader").post("/alpha/close", headers=FORM, data={"a": "1"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "nothing was changed" in response.text
    assert made.asked() == []


def test_slots_and_pages_of_one_upstream_do_not_take_each_others_share(portal: MakePortal) -> None:
    made = portal(settings={"fragments_at_once": 0}, alpha=offering("alpha", card("never asked")))
    browser = made.user("reader")
    assert state_of(main_of(browser), "alpha") == "fallback"
    assert browser.get("/alpha/pages").status_code == 200


def held(release: Event, text: str) -> Route:
    def answer(peer: Peer, asked: Asked) -> None:
        release.wait(10)
        card(text)(peer, asked)

    return answer


@pytest.fixture
def waiting(portal: MakePortal) -> tuple[Portal, Event]:
    """A portal whose home page has a fragment that arrives when the test says so."""
    release = Event()
    return portal(settings={"slot_seconds": 10.0}, alpha=offering("alpha", held(release, "slow one"))), release


def pieces(browser: FlaskClient, release: Event, **headers: str) -> tuple[bytes, bytes, str]:
    """What has arrived before the fragment was there, what came then, and the coding."""
    response = browser.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    stream = iter(response.iter_encoded())
    first = next(stream)
    release.set()
    return first, b"".join(stream), response.headers.get("Content-Encoding", "")


def test_head_and_menu_are_with_the_reader_before_a_slow_fragment_is(waiting: tuple[Portal, Event]) -> None:
    made, release = waiting
    first, rest, coding = pieces(made.user("reader"), release)
    assert b'<nav id="nav"' in first
    assert b"slow one" not in first
    assert b"slow one" in rest
    assert rest.rstrip().endswith(b"</html>")
    assert coding == ""


@pytest.mark.parametrize(
    ("accepted", "open_first"),
    [("br, gzip", brotli.Decompressor().process), ("gzip", zlib.decompressobj(31).decompress)],
)
def test_each_piece_of_a_compressed_page_can_be_read_when_it_arrives(
    waiting: tuple[Portal, Event], accepted: str, open_first: Callable[[bytes], bytes]
) -> None:
    made, release = waiting
    first, rest, coding = pieces(made.user("reader"), release, Accept_Encoding=accepted)
    assert coding == accepted.split(",")[0]
    assert b'<nav id="nav"' in open_first(first)
    assert b"slow one" in open_first(rest)
