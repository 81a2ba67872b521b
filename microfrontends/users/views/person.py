"""One person: what they hold, who gave it when, and what they may do by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from bff import HubRefused, HubUnavailable, Missing, identity, render, requires
from bff.access.assignments import Grant
from microfrontends.users.actions import desk
from microfrontends.users.directory import DirectoryUnavailable, Person
from microfrontends.users.domain import Right, clashes, rights
from microfrontends.users.permissions import P
from microfrontends.users.views.words import permission_words, role_words

blueprint = Blueprint("person", __name__)


@dataclass(frozen=True)
class Known:
    """What the directory says: the person and whoever gave them something. `answered` is false while it is away."""

    person: Person | None
    granters: dict[str, Person]
    answered: bool = True


@dataclass(frozen=True)
class Holding:
    """A role or a participant that the person has. `known` is false for a role that no file defines any more."""

    value: str
    words: str
    granted_by: str
    granted_at: datetime
    known: bool = True


@blueprint.get("/people/<subject>")
@requires(P.VIEW_PEOPLE)
def show(subject: str) -> Response:
    """The person's page. While the directory is away, what they hold is still shown, under their id."""
    book, store = desk().access.book, desk().access.store
    roles, participants = store.roles_of(subject), store.participants_of(subject)
    known = _ask_directory(subject, (*roles, *participants))
    if known.person is None and known.answered and not roles and not participants:
        raise Missing(_("The directory knows no person %(id)s.", id=subject))
    held, members = [grant.value for grant in roles], [grant.value for grant in participants]
    who, beside = identity(), _participants_beside(members)
    return render(
        "people/show.html",
        title=known.person.name if known.person else subject,
        subject=subject,
        person=known.person,
        answered=known.answered,
        own=who is not None and who.subject == subject,
        roles=[_holding(grant, known, role_words(grant.value), grant.value in book.roles) for grant in roles],
        participants=[_holding(grant, known, grant.value) for grant in participants],
        rights=[_right(right) for right in rights(book, held)],
        clashes=clashes(book, held),
        sees=sees(held, members),
        offered_roles=[(name, role_words(name)) for name in sorted(book.roles) if name not in held],
        offered_participants=beside,
        done=_done(request.args.get("done", ""), held, members, beside),
    )


def sees(roles: Sequence[str], participants: Sequence[str]) -> str:
    """Whose data somebody sees who holds these: the rule of `Identity.sees`, in words."""
    book = desk().access.book
    if participants:
        return _("Sees only the data of %(participants)s.", participants=", ".join(sorted(participants)))
    if any(book.roles[role].scope == "hub" for role in roles if role in book.roles):
        return _("Sees the data of every participant.")
    return _("Sees no participant's data: that takes a role of the hub, or a participant.")


def _ask_directory(subject: str, grants: Sequence[Grant]) -> Known:
    directory = desk().directory
    try:
        return Known(directory.person(subject), directory.named(grant.granted_by for grant in grants))
    except DirectoryUnavailable:
        return Known(None, {}, answered=False)


def _holding(grant: Grant, known: Known, words: str, defined: bool = True) -> Holding:
    granter = known.granters.get(grant.granted_by)
    return Holding(grant.value, words, granter.name if granter else grant.granted_by, grant.granted_at, defined)


def _right(right: Right) -> dict[str, object]:
    return {
        "where": right.permission.partition(":")[0],
        "permission": right.permission,
        "sentence": permission_words(right.permission),
        "roles": ", ".join(role_words(role) for role in right.roles),
        "tone": "danger" if right.suspended else None,
    }


def _participants_beside(held: Sequence[str]) -> list[tuple[str, str]] | None:
    try:
        return [(name, name) for name in desk().hub.participants() if name not in held]
    except (HubUnavailable, HubRefused):
        return None


def _done(
    value: str, roles: Sequence[str], participants: Sequence[str], beside: list[tuple[str, str]] | None
) -> dict[str, object] | None:
    # Read off what is held now: an address alone must not make the page claim something untrue.
    if value in desk().access.book.roles:
        return {"what": role_words(value), "held": value in roles}
    known = value in participants or (value, value) in (beside or ())
    return {"what": value, "held": value in participants} if known else None
