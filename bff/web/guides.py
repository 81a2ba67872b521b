"""Decides which guide a page leads to: an app's guides are Markdown files of its package, each naming its pages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import yaml
from flask import Blueprint, Flask, Response, current_app, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from bff.access.permissions import signed_in
from bff.errors import Missing
from bff.strict_yaml import documents
from bff.texts import SCHEMA as TEXT
from bff.texts import Text
from bff.web import htmx
from bff.web.layout import render, render_part
from bff.web.locale import language, spoken

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

FOLDER: Final = "help"
LIBRARY: Final = "bff"
INDEX: Final = "/help"
PANEL: Final = "help.panel"
NAME: Final = re.compile(r"[a-z][a-z-]{0,47}")
_HEAD: Final = re.compile(r"---\n(.*?\n)---\n(.*)", re.DOTALL)
_LIST: Final = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
HEAD: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["title", "summary", "permissions", "pages"],
    "additionalProperties": False,
    "properties": {"title": TEXT, "summary": TEXT, "permissions": _LIST, "pages": _LIST},
}


class GuideError(Exception):
    """A guide that cannot be shown; its file and the reason."""


@dataclass(frozen=True)
class Guide:
    """One task: whose it is by `permissions`, on which `pages` (endpoints) it is done, and its text per language."""

    name: str
    title: Text
    summary: Text
    permissions: tuple[str, ...]
    pages: tuple[str, ...]
    bodies: Mapping[str, str]
    package: str


def read(package: str) -> tuple[Guide, ...]:
    """The guides of a package: `help/en/<name>.md` with a head, and its translations beside it. Raises GuideError."""
    folder = Path(str(files(package))) / FOLDER
    return tuple(_guide(package, path) for path in sorted((folder / "en").glob("*.md")))


def _guide(package: str, path: Path) -> Guide:
    found = _HEAD.fullmatch(path.read_text("utf-8"))
    if not found or not NAME.fullmatch(path.stem):
        raise GuideError(f"{path}: a guide begins with its head between two lines of ---")
    try:
        (head,) = documents(found[1])
        jsonschema.validate(head, HEAD)
    except (ValueError, yaml.YAMLError, jsonschema.ValidationError) as problem:
        raise GuideError(f"{path}: {problem}") from problem
    others = {each.parent.name: each.read_text("utf-8") for each in path.parents[1].glob(f"*/{path.name}")}
    bodies = {**others, "en": found[2]}
    lists = tuple(head["permissions"]), tuple(head["pages"])
    return Guide(path.stem, head["title"], head["summary"], *lists, bodies, package)


class Guides:
    """The guides of one app: its own, and those of the library whose pages the app has."""

    def __init__(self, package: str, endpoints: Iterable[str]) -> None:
        known = set(endpoints)
        self.own = read(package)
        library = tuple(each for each in read(LIBRARY) if known & set(each.pages))
        self.all = (*self.own, *library)
        self.by_name = {each.name: each for each in self.all}
        self.by_page = {page: each for each in self.all for page in each.pages if page in known}


def install(app: Flask, package: str) -> None:
    """Serve the guides of the app, and let its pages ask for theirs. Called once every route is known."""
    guides = Guides(package, app.view_functions)
    app.extensions["portal_guides"] = guides
    app.jinja_env.globals.update(guide_here=guide_here, guides_at=INDEX if guides.all else "")
    if not guides.all:
        return
    blueprint = Blueprint("help", __name__)
    if not any(rule.rule == INDEX for rule in app.url_map.iter_rules()):
        blueprint.add_url_rule(INDEX, "index", signed_in(index))
    blueprint.add_url_rule("/help/<guide>", "show", signed_in(show))
    if any(slot.endpoint == PANEL for slot in app.extensions["portal_manifest"].slots):
        blueprint.add_url_rule("/slots/help", "panel", signed_in(panel))
    app.register_blueprint(blueprint)


def here() -> Guides:
    """Those of this app."""
    found: Guides = current_app.extensions["portal_guides"]
    return found


def guide_here() -> dict[str, Any] | None:
    """Where the guide to the present page is, and its title; None where a page has none.

    From a dialog it opens `apart`, so that nothing that was typed is lost.
    """
    guide = here().by_page.get(request.endpoint or "")
    if guide is None:
        return None
    return {"href": url_for("help.show", guide=guide.name), "title": spoken(guide.title), "apart": htmx.in_dialog()}


def listed(guides: Iterable[Guide]) -> list[dict[str, str]]:
    """Guides as lists show them."""
    return [
        {"href": url_for("help.show", guide=each.name), "title": spoken(each.title), "summary": spoken(each.summary)}
        for each in guides
    ]


def index() -> Response:
    """Every guide of an app that runs alone."""
    return render("help/index.html", title=_("Guides"), guides=listed(here().all))


def panel() -> Response:
    """The app's own guides, for the shell's page of all."""
    title = str(current_app.extensions["portal_manifest"].title)
    return render_part("help/panel.html", app=title, guides=listed(here().own))


def show(guide: str) -> Response:
    """One guide in the reader's language, else in English and saying so. Raises Missing."""
    found = here().by_name.get(guide)
    if found is None:
        raise Missing(_("There is no guide of this name."))
    spoken_here = language() if language() in found.bodies else "en"
    return render(
        "help/show.html",
        title=spoken(found.title),
        summary=spoken(found.summary),
        body=as_html(found.bodies[spoken_here]),
        body_language=spoken_here,
        holders=_holders(found.permissions),
    )


def _holders(permissions: Iterable[str]) -> list[dict[str, Any]]:
    """Who may do it: each permission in words, and the roles that hold it now."""
    known, book = current_app.extensions["portal_permissions"], current_app.extensions["portal_access"].book
    return [
        {"id": each, "sentence": known.get(each, each), "roles": [spoken(role.title) for role in book.holders(each)]}
        for each in permissions
    ]


def as_html(text: str) -> Markup:
    """Markdown as HTML: what is HTML in it stays text, and `page:<endpoint>` and `guide:<name>` become addresses."""
    tokens = _markdown().parse(text)
    for inline in tokens:
        for token in inline.children or ():
            kind, _colon, rest = str(token.attrGet("href") or "").partition(":")
            if kind == "page":
                token.attrSet("href", url_for(rest))
            elif kind == "guide":
                token.attrSet("href", url_for("help.show", guide=rest))
        # Columns that are aligned would bring a style attribute, which the policy forbids.
        inline.attrs.pop("style", None)
    md = _markdown()
    return Markup(md.renderer.render(tokens, md.options, {}))  # noqa: S704  # HTML in the text was escaped


def _markdown() -> "MarkdownIt":
    """CommonMark and tables; no HTML of its own, no images from elsewhere."""
    from markdown_it import MarkdownIt  # here: most processes never show a guide

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
