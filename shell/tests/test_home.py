"""What people find on the home page and in the menu: what they may see, and what is away."""

import re
import time

from flask.testing import FlaskClient

from shell.tests.apps import Route, hangs, says
from shell.tests.conftest import HTMX, MakePortal, serves_manifest
from shell.tests.scripted import ROOM, SOON
from shell.tests.test_gateway import claims_of


def offering(name: str, answer: Route, permission: str = "") -> dict[str, Route]:
    """The routes of an app that offers one fragment to the home page."""
    slot = {"name": "home", "href": "/card", **({"permission": permission} if permission else {})}
    return {"/manifest.json": serves_manifest(name, slots=[slot]), "/card": answer}


def card(text: str) -> Route:
    return says(f'<section class="panel">{text}</section>'.encode(), Portal_Version="1.0")


def main_of(browser: FlaskClient, path: str = "/") -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.text.split("<main", 1)[1].split("</main>", 1)[0]


def test_the_home_page_is_made_of_every_apps_fragment_in_the_order_of_the_menu(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")), beta=offering("beta", card("from beta")), gamma={})
    main = main_of(made.user("reader"))
    assert 0 < main.index("from alpha") < main.index("from beta")
    assert claims_of(made, made.asked("beta", "/card")[0])["permissions"] == ["beta:page:read"]


def test_a_fragment_that_a_person_may_not_see_is_not_even_asked_for(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("secret"), "alpha:page:read"), beta=offering("beta", card("open")))
    main = main_of(made.user("visitor"))
    assert "open" in main
    assert "secret" not in main
    assert made.asked("alpha") == []
    assert "secret" in main_of(made.user("reader"))


def test_a_late_fragment_shows_its_card_and_loses_nobody_elses(portal: MakePortal) -> None:
    apps = {"alpha": offering("alpha", hangs), "beta": offering("beta", card("from beta"))}
    browser = portal(settings={"slot_seconds": ROOM}, **apps).user("reader")
    began = time.monotonic()
    main = main_of(browser)
    assert time.monotonic() - began < SOON
    assert "from beta" in main
    assert "App alpha" in main
    assert 'hx-get="/slots/home/alpha/0"' in main


def test_a_dead_or_broken_fragment_shows_its_card(portal: MakePortal) -> None:
    apps = {
        "alpha": offering("alpha", says(b"oops", "500 Internal Server Error")),
        "beta": offering("beta", card("from beta")),
        "gamma": offering("gamma", says(b"{}", Content_Type="application/json")),
        "delta": offering("delta", card("from delta")),
    }
    made = portal(**apps)
    browser = made.user("reader")
    made.servers["delta"].__exit__()
    main = main_of(browser)
    assert "from beta" in main
    assert "oops" not in main
    assert [name for name in ("alpha", "beta", "gamma", "delta") if f"/slots/home/{name}/" in main] == [
        "alpha",
        "gamma",
        "delta",
    ]


def test_an_app_with_nothing_to_show_takes_no_room(portal: MakePortal) -> None:
    browser = portal(alpha=offering("alpha", says(b"", "204 No Content", Content_Length=""))).user("reader")
    assert "Nothing is shown here for you yet" in main_of(browser)


def test_one_area_can_be_asked_for_again(portal: MakePortal) -> None:
    answers = [b"oops", b"<section>well again</section>"]

    def recovers(peer: object, asked: object) -> None:
        body = answers.pop(0)
        says(body, "200 OK" if body != b"oops" else "500 Internal Server Error")(peer, asked)  # type: ignore[arg-type]

    made = portal(alpha=offering("alpha", recovers, "alpha:page:read"))
    browser = made.user("reader")
    assert "/slots/home/alpha/0" in main_of(browser)
    again = browser.get("/slots/home/alpha/0", headers=HTMX)
    assert "<section>well again</section>" in again.text
    assert 'data-state="fresh"' in again.text
    assert browser.get("/slots/home/alpha/0").headers["Location"] == "/"
    assert browser.get("/slots/home/alpha/1", headers=HTMX).status_code == 404
    assert made.user("visitor").get("/slots/home/alpha/0", headers=HTMX).status_code == 404


def test_the_menu_holds_what_a_person_may_open(portal: MakePortal) -> None:
    made = portal(alpha={}, beta={})
    seen = made.user("reader").get("/alpha/pages/7", headers={"Accept-Language": "fr"}).text
    assert "Appli alpha" in seen
    assert 'href="/beta/open"' in seen
    current = seen.split('aria-current="page"')[0].rsplit("<a ", 1)[1]
    assert 'href="/alpha/pages"' in current
    assert 'href="/alpha/pages"' not in made.user("visitor").get("/beta/open").text


def test_the_entries_of_an_app_that_is_away_stay_and_say_since_when(portal: MakePortal) -> None:
    made = portal(alpha={}, beta={})
    browser = made.user("reader")
    made.servers["alpha"].__exit__()
    assert browser.get("/alpha/pages").status_code == 503
    seen = browser.get("/beta/pages").text
    assert 'href="/alpha/pages"' in seen
    assert re.search(r"unavailable since \d\d:\d\d UTC", seen)


def test_a_visitor_without_a_session_is_led_to_the_login(portal: MakePortal) -> None:
    made = portal(alpha=offering("alpha", card("from alpha")))
    response = made.app.test_client().get("/")
    assert response.headers["Location"].startswith("/auth/login")
    assert made.asked() == []


def test_the_public_keys_are_for_everyone_and_show_nothing_private(portal: MakePortal) -> None:
    response = portal().app.test_client().get("/.well-known/jwks.json")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    (key,) = response.get_json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key
