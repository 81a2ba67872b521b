"""Every page leads to a guide or stands on a list that says why not; what a guide names exists."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from flask import Flask
from markupsafe import escape

from bff.access.permissions import ANYONE, access_of
from bff.identity.assertion import HEADER
from bff.testing import assertion
from bff.texts import in_language
from bff.web.guides import LIBRARY, Guide, read
from bff.web.locale import LANGUAGES
from tests.messages import kept
from tests.test_every_route import APPS, make

GUIDES = {(guide.package, guide.name): guide for package in (*APPS.values(), LIBRARY) for guide in read(package)}
SECTIONS = ("When", "Before you begin", "What can go wrong", "How to check it")
LINK = re.compile(r"\]\((page|guide):([^)]+)\)")
# Pages without a guide, and why.
WITHOUT = {
    "home.page": "it shows what waits, and each thing leads to its own page",
    "search.page": "one field, and what it found",
    "start": "it leads on to the first page",
    "gallery": "the pieces of pages, for developers, in the sandbox only",
    "preferences": "it keeps a choice and leads back",
    "gateway.forward": "another app's page, which has its own",
}
# What is no page: parts that stand in pages, files, and what only programs read.
NO_PAGE = re.compile(r"^/(api|auth|health|help|static|slots|\.well-known|metrics|manifest\.json|favicon\.ico)\b")
PARTS = {
    "background.news",
    "background.progress",
    "settlements.rows",
    "windows.rows",
}
FILES = {
    "all_audit.rows",
    "background.file",
    "initiation_report.download",
    "packs.file",
    "people.file",
    "review.file",
    "run.rows",
    "runs.everyones_rows",
    "runs.rows",
}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    made = {name: make(name, tmp_path_factory.mktemp(name)) for name in APPS}
    yield made
    made["shell"].extensions["shell"].close()


def spoken(guide: Guide, language: str) -> str:
    """The guide's title in a language."""
    return in_language(guide.title, language)


def pages(app: Flask) -> set[str]:
    """The endpoints that answer a person with a page."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not NO_PAGE.match(rule.rule)
    } - PARTS - FILES  # fmt: skip


@pytest.mark.parametrize("name", APPS)
def test_every_page_leads_to_a_guide_or_says_why_not(apps: dict[str, Flask], name: str) -> None:
    led = set(apps[name].extensions["portal_guides"].by_page)
    assert pages(apps[name]) - led - set(WITHOUT) == set(), "name the page in the head of a guide in help/en/*.md"


def test_the_list_of_pages_without_a_guide_holds_nothing_else(apps: dict[str, Flask]) -> None:
    known = {endpoint for app in apps.values() for endpoint in app.view_functions}
    assert (set(WITHOUT) | PARTS | FILES) - known == set()


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: f"{guide.package}:{guide.name}")
def test_what_a_guide_names_exists(apps: dict[str, Flask], guide: Guide) -> None:
    homes = [app for app in apps.values() if guide in app.extensions["portal_guides"].all]
    known = {endpoint for app in homes for endpoint in app.view_functions}
    permissions = {each for app in homes for each in app.extensions["portal_permissions"]}
    assert homes
    assert set(guide.pages) - known == set()
    assert set(guide.permissions) - permissions == set()
    for app in homes:
        names = app.extensions["portal_guides"].by_name
        linked = {found for body in guide.bodies.values() for found in LINK.findall(body)}
        assert {target for kind, target in linked if kind == "guide"} - set(names) == set()
        assert {target for kind, target in linked if kind == "page"} - set(app.view_functions) == set()
    quoted = set(re.findall(r"`([a-z]+:[a-z-]+:[a-z-]+)`", guide.bodies["en"]))
    assert quoted - permissions == set()


def test_no_page_belongs_to_two_guides() -> None:
    named = [(guide.package, page) for guide in GUIDES.values() for page in guide.pages]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: f"{guide.package}:{guide.name}")
def test_a_guide_says_when_what_before_what_can_go_wrong_and_how_to_check(guide: Guide) -> None:
    body = guide.bodies["en"]
    assert [each for each in SECTIONS if f"\n## {each}\n" not in f"\n{body}"] == []
    assert re.search(r"^## Steps", body, re.MULTILINE)
    assert guide.permissions or "## Who\n" in body
    assert all(isinstance(text, dict) and set(LANGUAGES) <= set(text) for text in (guide.title, guide.summary))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", APPS)
def test_each_guide_is_shown_to_whoever_is_signed_in_and_to_nobody_else(
    apps: dict[str, Flask], name: str, language: str
) -> None:
    app = apps[name]
    client, headers = (
        app.test_client(),
        {HEADER: assertion(name), "Portal-Mount": f"/{name}", "Portal-Locale": language},
    )
    for guide in app.extensions["portal_guides"].all:
        path = f"/help/{guide.name}"
        assert access_of(app, "help.show", "GET") != ANYONE
        assert client.get(path).status_code == 302
        if name == "shell":  # it takes nobody's word for who asks: its own journeys open these
            continue
        answer = client.get(path, headers=headers)
        said = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert str(escape(spoken(guide, language))) in said
        assert ("Ce guide est en anglais" in said) == (language not in guide.bodies)
        assert "style=" not in said
        assert (f'href="/{name}/' in said) == bool(LINK.search(guide.bodies["en"]))


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: f"{guide.package}:{guide.name}")
def test_what_a_guide_prints_bold_stands_on_a_page_in_these_words(guide: Guide) -> None:
    for code, body in guide.bodies.items():
        # The shell and the library speak on an app's pages too.
        words = [text(message) for name in {guide.package, LIBRARY, "shell"} for message in kept(folder(name), code)]
        bold = set(re.findall(r"\*\*(.+?)\*\*", body))
        assert [label for label in bold if not any(said.startswith(label) for said in words)] == [], code


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: f"{guide.package}:{guide.name}")
def test_a_translation_has_the_same_sections_steps_and_links(guide: Guide) -> None:
    shapes = {code: (shape(body), sorted(LINK.findall(body))) for code, body in guide.bodies.items()}
    assert len(set(map(repr, shapes.values()))) == 1, shapes


def shape(body: str) -> list[str]:
    """What a text is made of, line by line: headings, steps, rows of tables."""
    return re.findall(r"^(## |\d+\. |\|)", body, re.MULTILINE)


def text(message: Message) -> str:
    """A message as its catalogue says it."""
    return message.string if isinstance(message.string, str) else ""


def folder(package: str) -> str:
    """A package's folder."""
    return package.replace(".", "/")


def test_a_guide_that_is_not_translated_is_in_english_and_says_so(apps: dict[str, Flask]) -> None:
    guides = apps["users"].extensions["portal_guides"].by_name
    whole = guides["review-access"]
    headers = {HEADER: assertion("users"), "Portal-Mount": "/users", "Portal-Locale": "fr"}
    try:
        guides["review-access"] = replace(whole, bodies={"en": whole.bodies["en"]})
        said = apps["users"].test_client().get("/help/review-access", headers=headers).get_data(as_text=True)
    finally:
        guides["review-access"] = whole
    assert "Ce guide est en anglais" in said
    assert '<div lang="en"><h2>When</h2>' in said
    assert "Revoir les accès" in said


def test_from_a_dialog_the_guide_opens_apart(apps: dict[str, Flask]) -> None:
    headers = {HEADER: assertion("users", ("users:person:create",)), "Portal-Mount": "/users", "HX-Request": "true"}
    client, way = apps["users"].test_client(), "/people/create"
    over = client.get(way, headers={**headers, "HX-Target": "dialog#dialog"}).get_data(as_text=True)
    whole = client.get(way, headers={**headers, "HX-Target": "main#main"}).get_data(as_text=True)
    link = re.compile(r'<a class="help" href="/users/help/give-and-take-roles"[^>]*>')
    assert 'target="_blank"' in link.findall(over)[0]
    assert "target=" not in link.findall(whole)[0]


def test_the_folder_of_guides_travels_with_its_package() -> None:
    for guide in GUIDES.values():
        folder = Path(__file__).parents[1] / guide.package.replace(".", "/") / "help"
        assert (folder / "en" / f"{guide.name}.md").exists()
