"""Finding people: fifty at a time, by name, state and role; all of them as a file."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import audited_read, render, requires
from bff.web.sheet import csv_file
from microfrontends.users.desk import desk
from microfrontends.users.directory import Person
from microfrontends.users.finding import Asked
from microfrontends.users.permissions import P
from microfrontends.users.views.paging import PAGE, page_number, page_of
from microfrontends.users.views.scope import whole_hub_only
from microfrontends.users.words import kind_of, last_login, login_moment

blueprint = Blueprint("people", __name__)
blueprint.before_request(whole_hub_only)


@blueprint.get("/people")
@requires(P.VIEW_PEOPLE)
def index() -> Response:
    """The people that were asked for, with their roles."""
    asked, number = Asked.of(request.args), page_number(request.args.get("page", ""))
    found = asked.page((number - 1) * PAGE + 1, PAGE)
    return render(
        "people/index.html",
        title=_("People"),
        rows=_rows(found.people),
        sort=asked.sort,
        page=page_of(number, len(found.people), found.total, lambda other: asked.address(page=other)),
        export=[("CSV", asked.address("people.file"))],
        **_filters(asked),
    )


@blueprint.get("/people.csv")
@requires(P.VIEW_PEOPLE)
def file() -> Response:
    """Everybody that was asked for, as a file; taking it is audited, since it holds names and addresses."""
    asked = Asked.of(request.args)
    people = list(asked.everybody())
    audited_read("people.export", detail={**{k: v for k, v in vars(asked).items() if v}, "people": len(people)})
    held = desk().store.roles_of_all(person.subject for person in people)
    heads = [
        _("Name"),
        _("User name"),
        _("E-mail"),
        _("Organisation"),
        _("State"),
        _("Roles"),
        _("Last login"),
        _("Kind"),
        _("Id"),
    ]
    return csv_file("people.csv", heads, (_cells(person, held.get(person.subject, ())) for person in people))


def _rows(people: Iterable[Person]) -> list[dict[str, str]]:
    people = list(people)
    held = desk().store.roles_of_all(person.subject for person in people)
    return [
        {
            "name": person.name,
            "href": url_for("person.show", subject=person.subject),
            "username": person.username,
            "kind": kind_of(person),
            "organisation": person.organisation,
            "state": "ACTIVE" if person.active else "INACTIVE",
            "roles": ", ".join(desk().role(role) for role in held.get(person.subject, ())),
            "login": last_login(person),
        }
        for person in people
    ]


def _cells(person: Person, roles: Iterable[str]) -> list[str]:
    state = "ACTIVE" if person.active else "INACTIVE"
    about = [person.name, person.username, person.email, person.organisation, state]
    return [*about, " ".join(roles), login_moment(person), "client" if person.machine else "person", person.subject]


def _filters(asked: Asked) -> dict[str, Any]:
    states = {"": _("All"), "active": _("Active"), "inactive": _("Inactive")}
    roles = {"": _("All"), **{name: desk().role(name) for name in sorted(desk().book.roles, key=desk().role)}}
    fields = [
        {"name": "search", "label": _("Name, user name or e-mail"), "kind": "search", "value": asked.search},
        {"name": "state", "label": _("State"), "kind": "select", "value": asked.state, "options": list(states.items())},
        {"name": "role", "label": _("Role"), "kind": "select", "value": asked.role, "options": list(roles.items())},
    ]
    chips = [
        (asked.search, "search", _("Contains: %(text)s", text=asked.search)),
        (asked.state, "state", _("State: %(state)s", state=states[asked.state])),
        (asked.role, "role", _("Role: %(role)s", role=roles[asked.role])),
    ]
    shown = [{"label": label, "remove": asked.address(**{key: ""})} for value, key, label in chips if value]
    keep = {"sort": asked.sort} if asked.sort != "name" else {}
    return {"fields": fields, "chips": shown, "keep": keep, "clear": url_for("people.index")}
