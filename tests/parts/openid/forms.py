"""Fills in the forms of a provider's own pages, as a person who reads them would: fields and buttons by their names."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from bff.identity.tests.browser import Browser, Page

PATIENCE_S = 40.0


@dataclass
class Form:
    """A form of a page: where it goes, what is in its fields, and its buttons that have names."""

    action: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", ""), said.get("id", "")))
        elif tag in ("input", "button") and said.get("name") and self.forms:
            whose = next((form for form in self.forms if form.name and form.name == said.get("form")), self.forms[-1])
            pressed = tag == "button" or said.get("type") in ("submit", "checkbox", "radio")
            (whose.buttons if pressed else whose.fields)[said["name"]] = said.get("value", "")


def forms_of(page: Page) -> list[Form]:
    """The forms of a page."""
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms


def fill_in(visitor: Browser, page: Page, typed: Mapping[str, str], stop: str = "") -> Page:
    """Type into every field that is known by its name, send, and go on until a page asks for none of them.

    Asked for the same again it tries again for a while: Keycloak, on its guard against guessing, takes nobody's
    password as long as it has not finished counting their last sign-in, and these people are quicker than any.
    """
    until = time.monotonic() + PATIENCE_S
    while form := next((each for each in forms_of(page) if typed.keys() & (each.fields | each.buttons).keys()), None):
        if page.leads_to:
            break
        if time.monotonic() > until:
            raise AssertionError(f"what was typed is not accepted:\n{page.text}")
        known = {name: typed[name] for name in (form.fields | form.buttons) if name in typed}
        source, asked = page.url, known.keys()
        page = visitor.post(urljoin(source, form.action), form.fields | known, source=source, stop=stop)
        if any(asked <= (each.fields | each.buttons).keys() for each in forms_of(page)):
            time.sleep(1)
    return page
