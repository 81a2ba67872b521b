"""Changing what a person holds: the question with its effect, then the deed."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import asker, render, requires
from microfrontends.users.actions import desk
from microfrontends.users.directory import Person
from microfrontends.users.domain import Change, Kind
from microfrontends.users.permissions import P
from microfrontends.users.views.person import sees
from microfrontends.users.views.words import permission_words, role_words

blueprint = Blueprint("change", __name__)


@blueprint.get("/people/<subject>/roles/assign")
@requires(P.ASSIGN_ROLES)
def ask_assign(subject: str) -> Response:
    """Shall the role be assigned?"""
    return _question(Change(subject, Kind.ROLE, request.args.get("role", ""), given=True))


@blueprint.post("/people/<subject>/roles/assign")
@requires(P.ASSIGN_ROLES)
def assign(subject: str) -> AnyResponse:
    """Assign the role."""
    return _make(Change(subject, Kind.ROLE, request.form.get("value", ""), given=True))


@blueprint.get("/people/<subject>/roles/<value>/remove")
@requires(P.ASSIGN_ROLES)
def ask_remove(subject: str, value: str) -> Response:
    """Shall the role be removed?"""
    return _question(Change(subject, Kind.ROLE, value, given=False))


@blueprint.post("/people/<subject>/roles/<value>/remove")
@requires(P.ASSIGN_ROLES)
def remove(subject: str, value: str) -> AnyResponse:
    """Remove the role."""
    return _make(Change(subject, Kind.ROLE, value, given=False))


@blueprint.get("/people/<subject>/participants/add")
@requires(P.ASSIGN_PARTICIPANTS)
def ask_add_participant(subject: str) -> Response:
    """Shall the person belong to the participant?"""
    return _question(Change(subject, Kind.PARTICIPANT, request.args.get("participant", ""), given=True))


@blueprint.post("/people/<subject>/participants/add")
@requires(P.ASSIGN_PARTICIPANTS)
def add_participant(subject: str) -> AnyResponse:
    """Add the participant."""
    return _make(Change(subject, Kind.PARTICIPANT, request.form.get("value", ""), given=True))


@blueprint.get("/people/<subject>/participants/<value>/remove")
@requires(P.ASSIGN_PARTICIPANTS)
def ask_remove_participant(subject: str, value: str) -> Response:
    """Shall the person no longer belong to the participant?"""
    return _question(Change(subject, Kind.PARTICIPANT, value, given=False))


@blueprint.post("/people/<subject>/participants/<value>/remove")
@requires(P.ASSIGN_PARTICIPANTS)
def remove_participant(subject: str, value: str) -> AnyResponse:
    """Remove the participant."""
    return _make(Change(subject, Kind.PARTICIPANT, value, given=False))


def _make(change: Change) -> AnyResponse:
    desk().make(change, asker())
    return redirect(url_for("person.show", subject=change.subject, done=change.value), 303)


def _question(change: Change) -> Response:
    person = desk().check(change, asker())
    effect = desk().effect(change)
    words = {"what": _what(change), **_words(change, person)}
    return render(
        "change/confirm.html",
        title=words["title"],
        person=person,
        change=change,
        words=words,
        changes=_before_and_after(change),
        gained=[(name, permission_words(name)) for name in effect.gained],
        lost=[(name, permission_words(name)) for name in effect.lost],
        clashes=effect.clashes,
        back=url_for("person.show", subject=change.subject),
    )


def _words(change: Change, person: Person) -> dict[str, str]:
    what, name = _what(change), person.name
    if change.kind is Kind.ROLE and change.given:
        return {
            "title": _("Assign a role"),
            "sentence": _("Assign the role %(role)s to %(name)s.", role=what, name=name),
            "submit": _("Assign %(role)s", role=what),
        }
    if change.kind is Kind.ROLE:
        return {
            "title": _("Remove a role"),
            "sentence": _("Remove the role %(role)s from %(name)s.", role=what, name=name),
            "submit": _("Remove %(role)s", role=what),
        }
    if change.given:
        return {
            "title": _("Add a participant"),
            "sentence": _("Make %(name)s a member of the participant %(participant)s.", participant=what, name=name),
            "submit": _("Add %(participant)s", participant=what),
        }
    return {
        "title": _("Remove a participant"),
        "sentence": _("End %(name)s's membership of the participant %(participant)s.", participant=what, name=name),
        "submit": _("Remove %(participant)s", participant=what),
    }


def _what(change: Change) -> str:
    return role_words(change.value) if change.kind is Kind.ROLE else change.value


def _before_and_after(change: Change) -> list[dict[str, Any]]:
    store = desk().access.store
    held = {
        Kind.ROLE: {grant.value for grant in store.roles_of(change.subject)},
        Kind.PARTICIPANT: {grant.value for grant in store.participants_of(change.subject)},
    }
    after = {**held, change.kind: set(change.after(held[change.kind]))}
    rows = [
        {"field": _("Roles"), "before": _roles(held[Kind.ROLE]), "after": _roles(after[Kind.ROLE])},
        {
            "field": _("Participants"),
            "before": ", ".join(sorted(held[Kind.PARTICIPANT])),
            "after": ", ".join(sorted(after[Kind.PARTICIPANT])),
        },
        {
            "field": _("Data in view"),
            "before": sees(sorted(held[Kind.ROLE]), sorted(held[Kind.PARTICIPANT])),
            "after": sees(sorted(after[Kind.ROLE]), sorted(after[Kind.PARTICIPANT])),
        },
    ]
    return [row for row in rows if row["before"] != row["after"]]


def _roles(names: set[str]) -> str:
    return ", ".join(role_words(name) for name in sorted(names))
