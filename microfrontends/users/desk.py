"""What pages, programs and actions of this app work with: the directory, the hub, the store of rights, words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _

from bff import Missing
from bff.access.files import RoleBook
from bff.access.holding import Assignments, Holding
from bff.access.rights import Access
from bff.web.locale import spoken
from microfrontends.users.directory import Directory, DirectoryUnavailable, Person
from microfrontends.users.domain.rights import administrators
from microfrontends.users.hub import Hub
from microfrontends.users.manifests import Manifests
from microfrontends.users.permissions import P


@dataclass(frozen=True)
class Desk:
    """The app's tools. `dormant_after` is how long somebody may stay away before it is noticed."""

    directory: Directory
    hub: Hub
    access: Access
    manifests: Manifests
    dormant_after: timedelta = timedelta(days=90)

    @property
    def book(self) -> RoleBook:
        """Roles and exclusions in force."""
        return self.access.book

    @property
    def store(self) -> Assignments:
        """Who holds what."""
        return self.access.store

    def person(self, subject: str) -> Person:
        """The person. Raises Missing or DirectoryUnavailable."""
        person = self.directory.person(subject)
        if person is None:
            raise Missing(_("The directory knows no person %(id)s.", id=subject[:64]))
        return person

    def holder(self, subject: str, held: Holding) -> Person:
        """The person; one who has left and still holds something, or cannot be asked for, by their id alone.

        Taking away works without the directory, and for who has left it: it must not wait for others.
        """
        try:
            return self.person(subject)
        except (DirectoryUnavailable, Missing):
            if not held.items:
                raise
            return Person(subject, subject, subject, "", active=True)

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those whom the directory names now; nobody while it is away."""
        try:
            return self.directory.named(subjects)
        except DirectoryUnavailable:
            return {}

    def role(self, name: str) -> str:
        """A role's title in the reader's language; its bare name when no file defines it."""
        role = self.book.roles.get(name)
        return spoken(role.title) if role else name

    def other_administrators(self, subject: str) -> bool:
        """Whether anybody else can give roles: may, sees everybody, and can sign in as far as the directory says."""
        roles = [role.name for role in self.book.holders(str(P.ASSIGN_ROLES))]
        subjects = set(self.store.holders(roles)) - {subject}
        able = administrators(self.book, self.store.holdings(subjects), str(P.ASSIGN_ROLES)) if subjects else set()
        known = self.named(able)
        return any(known[each].active for each in able if each in known) or (bool(able) and not known)


def desk() -> Desk:
    """The present app's desk."""
    found: Desk = current_app.extensions["users"]
    return found
