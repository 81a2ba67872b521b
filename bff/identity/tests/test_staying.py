"""A page learns how long its session lasts, without keeping it awake unless somebody asks for that."""

import json

from bff.identity.sessions import Sessions, SessionStore
from bff.identity.tests.browser import Browser
from bff.identity.tests.site import Site
from bff.identity.tests.support import Clock, session

IDLE, LIFE = 900, 3600


def test_what_is_left_ends_with_idleness_or_with_age(store: SessionStore) -> None:
    clock = Clock()
    sessions = Sessions(store, IDLE, LIFE, clock)
    ticket, _ = sessions.begin(session())
    clock.ahead = 300
    assert round(sessions.left(ticket)) == IDLE - 300
    for clock.ahead in (800, 1600, 2400, 3200):
        assert sessions.find(ticket)
    assert round(sessions.left(ticket)) == LIFE - 3200
    clock.ahead = LIFE + 1
    assert sessions.left(ticket) == 0


def test_whoever_is_signed_in_learns_how_long_and_the_token_of_changes(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    mine = site.session(visitor)
    answer = visitor.fetch(f"{site.url}/auth/session")
    told = json.loads(answer.text)
    assert mine is not None
    assert (told["who"], told["csrf"]) == (mine.subject, mine.csrf)
    assert 0 < told["seconds"] <= IDLE
    assert answer.headers["Cache-Control"] == "no-store"


def test_whoever_is_not_signed_in_learns_just_that(site: Site, visitor: Browser) -> None:
    assert json.loads(visitor.fetch(f"{site.url}/auth/session").text) == {"seconds": 0}
