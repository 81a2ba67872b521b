"""Finding people: fifty at a time, by a piece of their name, user name or e-mail address."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import render, requires
from microfrontends.users.actions import desk
from microfrontends.users.directory import Page, Wanted
from microfrontends.users.permissions import P
from microfrontends.users.views.words import role_words

blueprint = Blueprint("people", __name__)
PAGE = 50
LONGEST = 100
STATES = {"active": True, "inactive": False}


@blueprint.get("/people")
@requires(P.VIEW_PEOPLE)
def index() -> Response:
    """The people that were asked for, with their roles."""
    search, state = request.args.get("search", "").strip()[:LONGEST], request.args.get("state", "")
    wanted, number = Wanted(search, STATES.get(state)), _number(request.args.get("page", ""))
    found = desk().directory.page(wanted, (number - 1) * PAGE + 1, PAGE)
    return render(
        "people/index.html",
        title=_("People"),
        rows=_rows(found),
        page=_page(found, number, {"search": search, "state": state}),
        **_filters(search, state),
    )


def _rows(found: Page) -> list[dict[str, str]]:
    held = desk().access.store.roles_of_all(person.subject for person in found.people)
    return [
        {
            "name": person.name,
            "href": url_for("person.show", subject=person.subject),
            "username": person.username,
            "email": person.email,
            "state": "ACTIVE" if person.active else "INACTIVE",
            "roles": ", ".join(role_words(role) for role in held.get(person.subject, ())),
        }
        for person in found.people
    ]


def _filters(search: str, state: str) -> dict[str, Any]:
    states = {"": _("All"), "active": _("Active"), "inactive": _("Inactive")}
    fields = [
        {"name": "search", "label": _("Name, user name or e-mail"), "kind": "search", "value": search},
        {"name": "state", "label": _("State"), "kind": "select", "value": state, "options": list(states.items())},
    ]
    chips = []
    if search:
        chips.append({"label": _("Contains: %(text)s", text=search), "remove": _address({"state": state})})
    if state in STATES:
        chips.append({"label": _("State: %(state)s", state=states[state]), "remove": _address({"search": search})})
    return {"fields": fields, "chips": chips, "clear": url_for("people.index")}


def _page(found: Page, number: int, query: dict[str, str]) -> dict[str, Any] | None:
    first = (number - 1) * PAGE + 1
    last = first + len(found.people) - 1
    if not found.people:
        return None
    return {
        "first": first,
        "last": last,
        "total": found.total,
        "previous": _address({**query, "page": str(number - 1)}) if number > 1 else None,
        "next": _address({**query, "page": str(number + 1)}) if last < found.total else None,
    }


def _address(query: dict[str, str]) -> str:
    said = {key: value for key, value in query.items() if value and (key, value) != ("page", "1")}
    return url_for("people.index", **said)  # type: ignore[arg-type]  # only search, state and page


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
