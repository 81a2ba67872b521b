"""The forms of a page: where each is sent, with what in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form. `fields` are the names and values that it holds, `passwords` the names of fields for a password."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    passwords: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", "")))
            self._inside = True
        elif tag == "input" and self._inside and told.get("name"):
            form, kind = self.forms[-1], told.get("type", "text").lower()
            if kind in ("submit", "button", "image") or (kind in ("checkbox", "radio") and "checked" not in told):
                return
            form.fields[told["name"]] = told.get("value", "")
            if kind == "password":
                form.passwords.append(told["name"])
            elif kind in ("text", "email"):
                form.texts.append(told["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def forms_in(page: str) -> list[Form]:
    """All forms, in the page's order."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms
