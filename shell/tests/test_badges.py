"""What stands beside entries of the menu: asked for after the page, for each person alone, or nothing at all."""

import re
from typing import Any

from shell.registry.manifests import BADGES, read
from shell.tests.apps import Route, hangs, manifest, says
from shell.tests.conftest import HTMX, MakePortal, serves_manifest
from shell.tests.scripted import ROOM
from shell.tests.test_slots import OOPS

WHERE = "/slots/badges"


def told(words: bytes, **headers: str) -> Route:
    return says(words, Content_Type="text/html", **headers)


def with_badge(name: str, answer: Route, **badge: Any) -> dict[str, Route]:
    """An app with two entries, the second with a badge."""
    entries = [
        {"label": "Plain", "href": "/plain"},
        {"label": "Packs", "href": "/packs", "badge": {"href": "/count", **badge}},
    ]
    return {"/manifest.json": serves_manifest(name, navigation=entries), "/count": answer}


GOOD = told(b'<data value="3">3 new packs</data>')


def test_an_entry_with_a_badge_has_a_place_for_it_and_the_page_asks_no_app(portal: MakePortal) -> None:
    made = portal(alpha=with_badge("alpha", GOOD))
    page = made.user("reader").get("/").text
    assert page.count('<span id="badge-alpha-0" class="waiting"></span>') == 1
    assert f'hx-get="{WHERE}"' in page
    assert made.asked() == []


def test_one_answer_brings_every_badge_with_its_sentence(portal: MakePortal) -> None:
    made = portal(alpha=with_badge("alpha", GOOD), beta=with_badge("beta", told(b'<data value="9+">many</data>')))
    page = made.user("reader").get(WHERE, headers=HTMX).text
    assert '<b aria-hidden="true">3</b><span class="unseen">3 new packs' in page
    assert '<b aria-hidden="true">9+</b><span class="unseen">many' in page
    assert (page.count('id="badge-alpha-0"'), page.count('id="badge-beta-0"')) == (1, 1)


def test_who_may_not_see_a_badge_has_no_place_for_it_and_its_app_is_not_asked(portal: MakePortal) -> None:
    made = portal(alpha=with_badge("alpha", GOOD, permission="alpha:page:read"))
    visitor = made.user("visitor")
    assert "badge-alpha" not in visitor.get("/").text
    assert "badge-alpha" not in visitor.get(WHERE, headers=HTMX).text
    assert made.asked() == []
    assert "3 new packs" in made.user("reader").get(WHERE, headers=HTMX).text


def test_a_badge_is_shown_again_to_the_same_person_alone(portal: MakePortal) -> None:
    made = portal(alpha=with_badge("alpha", told(b'<data value="1">one</data>', Cache_Control="private, max-age=60")))
    first = made.user("reader")
    for _ in range(3):
        assert "one" in first.get(WHERE, headers=HTMX).text
    assert len(made.asked(target="/count")) == 1
    assert "one" in made.person("u-another", "reader").get(WHERE, headers=HTMX).text
    assert len(made.asked(target="/count")) == 2


def test_a_late_or_failed_badge_is_nothing_and_takes_no_other_with_it(portal: MakePortal) -> None:
    made = portal(
        {"slot_seconds": ROOM},
        alpha=with_badge("alpha", hangs),
        beta=with_badge("beta", OOPS),
        gamma=with_badge("gamma", GOOD),
    )
    page = made.user("reader").get(WHERE, headers=HTMX).text
    assert re.search(r'id="badge-alpha-0"[^>]*></span>', page)
    assert re.search(r'id="badge-beta-0"[^>]*></span>', page)
    assert "3 new packs" in page


def test_a_count_of_an_app_that_fails_is_not_shown_any_more(portal: MakePortal) -> None:
    answers = iter([GOOD, OOPS])
    made = portal(alpha=with_badge("alpha", lambda peer, asked: next(answers)(peer, asked)))
    browser = made.user("reader")
    assert "3 new packs" in browser.get(WHERE, headers=HTMX).text
    assert "3 new packs" not in browser.get(WHERE, headers=HTMX).text


def test_what_is_more_than_a_short_text_and_a_sentence_is_not_shown(portal: MakePortal) -> None:
    for words in (
        b"<script>alert(1)</script>",
        b'<data value="3"><b>bold</b></data>',
        b'<data value="1234567">too long to see</data>',
        b'<data value="3" onclick="x">sentence</data>',
        b'<data value="3">one</data><data value="4">two</data>',
        b"\xff\xfe",
    ):
        page = portal(alpha=with_badge("alpha", told(words))).user("reader").get(WHERE, headers=HTMX).text
        assert re.search(r'id="badge-alpha-0"[^>]*></span>', page), words


def test_words_of_a_badge_are_never_markup(portal: MakePortal) -> None:
    words = b'<data value="&lt;i&gt;">&lt;img src=x&gt; waits</data>'
    page = portal(alpha=with_badge("alpha", told(words))).user("reader").get(WHERE, headers=HTMX).text
    assert "&lt;i&gt;" in page
    assert "<img" not in page


def test_a_manifest_cannot_offer_a_badge_past_its_entries() -> None:
    entries = [{"label": "Packs", "href": "/packs", "badge": {"href": "/count", "max_age": 15}}]
    found = read(manifest("alpha", navigation=entries, slots=[{"name": "badge", "href": "/other"}]), "alpha")
    offer = found.badge(found.navigation[0])
    assert offer is not None
    assert (offer.href, offer.max_age) == ("/count", 15)
    assert [each.href for each in found.offers if each.slot == BADGES] == ["/count"]
