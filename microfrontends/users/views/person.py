"""One person: what they hold, who gave it when, what they may do by it, and what was changed of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from flask_babel import gettext as _

from bff import HubRefused, HubUnavailable, Missing, asker, audited_read, render, requires
from bff.access.holding import Grant
from microfrontends.users.desk import desk
from microfrontends.users.directory import DirectoryUnavailable, Person
from microfrontends.users.domain.rights import Right, clashes, rights
from microfrontends.users.history import history_of
from microfrontends.users.permissions import P
from microfrontends.users.views.scope import whole_hub_only
from microfrontends.users.words import app_words, last_login, sees, sentence_of

blueprint = Blueprint("person", __name__)
blueprint.before_request(whole_hub_only)


@dataclass(frozen=True)
class Known:
    """What the directory says: the person and whoever gave them something. `answered` is false while it is away."""

    person: Person | None
    granters: Mapping[str, Person]
    answered: bool = True


@dataclass(frozen=True)
class Holding:
    """A role or a participant that the person has. `known` is false for a role that no file defines any more."""

    value: str
    words: str
    granted_by: str
    granted_at: datetime | None
    known: bool = True


@blueprint.get("/people/<subject>")
@requires(P.VIEW_PEOPLE)
def show(subject: str) -> Response:
    """The person's page. While the directory is away, what they hold is still shown, under their id."""
    held, book = desk().store.holding(subject), desk().book
    known = _ask_directory(subject, (*held.roles, *held.participants))
    if known.person is None and known.answered and not held.items:
        raise Missing(_("The directory knows no person %(id)s.", id=subject[:64]))
    audited_read("person.read", f"person:{subject}")
    beside = _participants_beside(held.participant_names)
    return render(
        "people/show.html",
        title=known.person.name if known.person else subject,
        subject=subject,
        person=known.person,
        login=last_login(known.person),
        answered=known.answered,
        own=asker().subject == subject,
        version=held.version,
        roles=[_holding(grant, known, desk().role(grant.value), grant.value in book.roles) for grant in held.roles],
        participants=[_holding(grant, known, grant.value) for grant in held.participants],
        rights=[_right(right) for right in rights(book, held.role_names)],
        clashes=clashes(book, held.role_names),
        sees=sees(held.role_names, held.participant_names),
        offered_roles=[(name, desk().role(name)) for name in sorted(book.roles) if name not in held.role_names],
        offered_participants=beside,
        history=history_of(subject),
    )


def _ask_directory(subject: str, grants: Sequence[Grant]) -> Known:
    directory = desk().directory
    try:
        return Known(directory.person(subject), directory.named(g.granted_by for g in grants if g.granted_by))
    except DirectoryUnavailable:
        return Known(None, {}, answered=False)


def _holding(grant: Grant, known: Known, words: str, defined: bool = True) -> Holding:
    granter = known.granters.get(grant.granted_by)
    return Holding(grant.value, words, granter.name if granter else grant.granted_by, grant.granted_at, defined)


def _right(right: Right) -> dict[str, object]:
    return {
        "where": app_words(right.permission.partition(":")[0]),
        "permission": right.permission,
        "sentence": sentence_of(right.permission),
        "roles": ", ".join(desk().role(role) for role in right.roles),
        "tone": "danger" if right.suspended else None,
    }


def _participants_beside(held: frozenset[str]) -> list[tuple[str, str]] | None:
    try:
        return [(name, name) for name in desk().hub.participants() if name not in held]
    except (HubUnavailable, HubRefused):
        return None
