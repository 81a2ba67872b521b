"""Roles, permissions, scopes and last logins in the reader's words."""

from collections.abc import Iterable
from datetime import UTC, datetime

from flask_babel import gettext as _

from bff.web.formats import relative
from bff.web.locale import spoken
from microfrontends.users.desk import desk
from microfrontends.users.directory import Person
from microfrontends.users.domain.rights import Scope, scope


def sentence_of(permission: str) -> str:
    """What a permission lets its holder do; empty where its app does not say, or does not answer."""
    return spoken(desk().manifests.sentence(permission))


def permission_words(permission: str) -> str:
    """What a permission lets its holder do; its id where nobody says."""
    return sentence_of(permission) or permission


def app_words(name: str) -> str:
    """An app's title; its name where it does not answer."""
    app = desk().manifests.apps().get(name)
    return spoken(app.title) if app else name


def sees(roles: Iterable[str], participants: Iterable[str]) -> str:
    """Whose data somebody sees who holds these."""
    members = sorted(participants)
    found = scope(desk().book, roles, members)
    if found is Scope.OWN:
        return _("Sees only the data of %(participants)s.", participants=", ".join(members))
    if found is Scope.EVERYBODY:
        return _("Sees the data of every participant.")
    return _("Sees no participant's data: that takes a role of the hub, or a participant.")


def kind_of(person: Person | None) -> str:
    """Whether somebody is a person or a client; empty where nobody knows."""
    if person is None:
        return ""
    return _("Client") if person.machine else _("Person")


def last_login(person: Person | None) -> str:
    """When somebody last came, as far as the directory remembers."""
    if person is None:
        return _("not known")
    if person.last_login:
        return relative(person.last_login)
    if person.logins_since:
        return _("never")
    return _("not known")


def login_moment(person: Person | None) -> str:
    """The last login for a file: UTC, empty when there was none or none is known."""
    at = person.last_login if person else None
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, datetime) else ""
