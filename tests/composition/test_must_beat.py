"""Fourteen things that Podium does not do, or does worse: each must hold here. The numbers are those of the list."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from shell.app import create_app
from shell.registry.records import Record
from shell.registry.store import Told
from shell.tests.apps import Asked, Route, hangs, page, routes, says
from shell.tests.conftest import FORM, MakePortal, Portal, serves_manifest
from shell.tests.registering import eventually
from shell.tests.scripted import ROOM, Peer, ScriptedServer
from shell.tests.test_gateway import claims_of
from shell.tests.test_home import card, main_of, offering
from shell.tests.test_slots import OOPS, asking_for, pieces, state_of

BRIEFLY = {"slot_seconds": ROOM, "late_seconds": 0.2}


def stalls(peer: Peer, asked: Asked) -> None:
    """Sends a head and half a body, and no more."""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<section>half")
    peer.hang()


def test_row_1_a_body_that_stalls_is_late_like_any_other_and_never_shown_by_half(portal: MakePortal) -> None:
    made = portal(settings=BRIEFLY, alpha=offering("alpha", stalls), beta=offering("beta", card("in time")))
    main = main_of(made.user("reader"))
    assert (state_of(main, "alpha"), state_of(main, "beta")) == ("late", "fresh")
    assert "half" not in main


def test_row_2_what_hangs_again_and_again_costs_pages_nothing_and_nobody_waits_for_a_probe(portal: MakePortal) -> None:
    made = portal(settings={**BRIEFLY, "slot_seconds": 0.1}, alpha=offering("alpha", hangs))
    browser = made.user("reader")
    for _ in range(5):
        main_of(browser)
    asked = len(made.asked())
    # Every page now comes at once, also the one whose turn it is to probe: the next pages are made while that hangs.
    assert eventually(lambda: main_of(browser) and len(made.asked()) > asked)
    assert all(state_of(main_of(browser), "alpha") != "fresh" for _ in range(20))
    assert len(made.asked()) <= asked + 2


def of_two_versions() -> dict[str, Route]:
    """Replicas of two versions behind one address, in turn; a fragment says which made it."""
    turn = itertools.cycle(("1.0", "2.0"))
    slots = [{"name": "home", "href": "/card"}]

    def answer(peer: Peer, asked: Asked) -> None:
        version = next(turn)
        says(f"<section>made by {version}</section>".encode(), Portal_Version=version)(peer, asked)

    def manifest(peer: Peer, asked: Asked) -> None:
        serves_manifest("alpha", version=next(turn), slots=slots)(peer, asked)

    return {"/manifest.json": manifest, "/card": answer}


def test_row_3_while_two_versions_answer_in_turn_nobody_is_shown_a_fallback(portal: MakePortal) -> None:
    browser = portal(alpha=of_two_versions()).user("reader")
    pages = [main_of(browser) for _ in range(60)]
    assert {state_of(text, "alpha") for text in pages} == {"fresh"}
    assert {text.partition("made by ")[2][:3] for text in pages} == {"1.0", "2.0"}


def test_row_4_a_shell_that_starts_while_an_app_is_down_shows_the_last_good_copy(
    portal: MakePortal, redis_url: str
) -> None:
    lasting = says(b"<section>kept</section>", Cache_Control="private, max-age=0", ETag='"1"', Portal_Version="1.0")
    made = portal(settings={"redis_url": redis_url}, alpha=offering("alpha", lasting))
    browser = made.user("reader")
    assert "kept" in main_of(browser)
    made.servers["alpha"].__exit__()
    again = Portal(create_app(made.platform.settings), made.servers)
    try:
        later = again.app.test_client()
        name = again.app.extensions["portal_auth"].cookies.session
        cookie = browser.get_cookie(name)
        assert cookie is not None
        later.set_cookie(name, cookie.value)
        main = main_of(later)
    finally:
        again.platform.close()
    assert (state_of(main, "alpha"), "kept" in main) == ("stale", True)


def test_row_5_no_cookie_and_no_credential_of_a_browser_reaches_an_app(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("a")))
    browser = made.user("reader")
    main_of(browser)
    browser.get("/alpha/pages")
    browser.post("/alpha/pages", headers=FORM, data={"a": "1"})
    browser.get("/alpha/pages", headers={"Authorization": "Bearer T"})
    assert len(made.asked()) >= 3
    assert all(not {"cookie", "authorization"} & asked.headers.keys() for asked in made.asked())


def test_row_6_what_a_browser_says_of_itself_is_stripped_and_who_asks_is_signed(portal: MakePortal) -> None:
    made = portal(alpha={})
    forged = {"Podium-User": "admin", "X-User": "admin", "Portal-Mount": "/elsewhere", "Portal-Time-Zone": "Mars"}
    made.user("reader").get("/alpha/pages", headers=forged)
    (asked,) = made.asked()
    assert "admin" not in str(asked.headers)
    assert asked.headers["portal-mount"] == "/alpha"
    assert claims_of(made, asked)["sub"] == "u-reader"


def test_row_7_where_the_portal_is_comes_from_its_settings_and_not_from_a_host_header(portal: MakePortal) -> None:
    made = portal(alpha={})
    made.user("reader").get("/alpha/pages", headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"})
    (asked,) = made.asked()
    assert "evil" not in str(asked.headers)
    assert claims_of(made, asked)["iss"] == made.platform.settings.base_url


def test_row_8_a_redirect_is_no_fragment_and_a_pages_own_leads_the_browser(portal: MakePortal) -> None:
    away = says(b"moved away", "302 Found", Location="/pages")
    made = portal(alpha={**offering("alpha", away), "/old": says(b"moved", "302 Found", Location="/alpha/pages")})
    browser = made.user("reader")
    main = main_of(browser)
    assert (state_of(main, "alpha"), "moved away" in main) == ("fallback", False)
    assert browser.get("/alpha/old").headers["Location"] == "/alpha/pages"


def test_row_9_every_asset_is_named_once_and_with_its_hash(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("a")), beta=offering("beta", card("b")))
    text = made.user("reader").get("/").text
    tags = re.findall(r'<(?:script|link rel="stylesheet")[^>]*>', text)
    urls = re.findall(r'(?:src|href)="([^"]+)"', " ".join(tags))
    assert len(urls) == len(set(urls)) == len(tags) > 1
    assert all('integrity="sha384-' in tag for tag in tags)


def test_row_10_an_app_that_is_registered_while_the_shell_runs_is_there_without_a_restart(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("reader")
    with ScriptedServer(routes(offering("gamma", card("from gamma")))) as server:
        registry = made.platform.registry
        record = Record.of({"name": "gamma", "url": server.url, "source": "hand", "state": "enabled"})
        registry.change("gamma", lambda _: record, Told("test"))
        assert eventually(lambda: "from gamma" in main_of(browser))


def test_row_11_a_cold_shell_asks_for_a_manifest_once_however_many_pages_want_it(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("a")))
    browsers = [made.user("reader") for _ in range(4)]
    registry = made.platform.registry
    registry.stop()  # what its own thread was still reading has been read
    before = _manifests(made)
    with ThreadPoolExecutor(4) as pool:
        assert all("panels" in text for text in pool.map(main_of, browsers * 5))
    assert _manifests(made) == before
    upstream = registry._reader.find(registry.all()[0].upstream)
    assert upstream is not None
    assert upstream.due is None, "nor is that thread told to read it once more"


def _manifests(made: Portal) -> int:
    return sum(Asked.of(raw).target == "/manifest.json" for raw in list(made.servers["alpha"].requests))


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "422 Unprocessable Content"])
def test_row_12_the_page_itself_decides_the_status_and_a_slot_never_does(portal: MakePortal, status: str) -> None:
    def gone(peer: Peer, asked: Asked) -> None:
        said: dict[str, Any] = {"Portal_Title": "Gone", "Portal_Version": "1.0"}
        mark = b'<div class="panels" data-slot="home" data-slot-context=""></div>'
        says(b"<h1>Gone</h1>" + mark, status, **said)(peer, asked)

    made = portal(alpha={"/x": gone, "/y": asking_for("", "home")}, beta=offering("beta", OOPS))
    browser = made.user("reader")
    assert browser.get("/alpha/x").status_code == int(status[:3])
    assert browser.get("/alpha/y").status_code == 200


def test_row_13_the_frame_is_with_the_reader_while_a_fragment_is_waited_for(waiting: tuple[Portal, Event]) -> None:
    made, release = waiting
    first, rest, _ = pieces(made.user("reader"), release)
    assert b'<nav id="nav"' in first
    assert b"slow one" in rest
    assert b"slow one" not in first


def test_row_14_a_fallback_is_in_the_readers_language_marked_and_counted(portal: MakePortal) -> None:
    words = {"en": "No pages now.", "fr": "Pas de feuilles pour le moment."}
    slots = [{"name": "home", "href": "/card"}]
    manifest = serves_manifest("alpha", slots=slots, fallback=words)
    made = portal(settings={"metrics_token": "t"}, alpha={"/manifest.json": manifest, "/card": OOPS, "/pages": page})
    french = made.user("reader").get("/", headers={"Accept-Language": "fr"}).text
    assert state_of(french, "alpha") == "fallback"
    assert "Pas de feuilles" in french
    said = made.app.test_client().get("/metrics", headers={"Authorization": "Bearer t"}).text
    assert re.search(r'fragments_shown_total\{outcome="fallback",[^}]*\} 1\.0', said)
