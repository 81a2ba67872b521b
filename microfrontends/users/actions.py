"""What changes who may do what: roles and participants given and taken, by the rules, and noted in the log."""

from dataclasses import dataclass

import structlog
from flask import current_app
from flask_babel import gettext as _

from bff import Identity, Missing, RuleBroken
from bff.access.rights import Access
from microfrontends.users.directory import Directory, DirectoryUnavailable, Person
from microfrontends.users.domain import Change, Effect, Kind, clashes, effect
from microfrontends.users.hub import Hub

log = structlog.get_logger()


class OwnRights(RuleBroken):
    """Nobody changes their own rights."""


class Excluded(RuleBroken):
    """The person would hold two permissions that no one may hold together."""


@dataclass(frozen=True)
class Desk:
    """What the views work with: the directory, the hub, and the store of roles and participants."""

    directory: Directory
    hub: Hub
    access: Access

    def person(self, subject: str) -> Person:
        """The person. Raises Missing or DirectoryUnavailable."""
        person = self.directory.person(subject)
        if person is None:
            raise Missing(_("The directory knows no person %(id)s.", id=subject))
        return person

    def known(self, subject: str) -> Person | None:
        """The person, as far as the directory says now."""
        try:
            return self.directory.person(subject)
        except DirectoryUnavailable:
            return None

    def held(self, change: Change) -> frozenset[str]:
        """What the person of a change holds of its kind."""
        store = self.access.store
        grants = store.roles_of if change.kind is Kind.ROLE else store.participants_of
        return frozenset(grant.value for grant in grants(change.subject))

    def effect(self, change: Change) -> Effect:
        """What a change would do to the person's permissions."""
        roles = frozenset(grant.value for grant in self.access.store.roles_of(change.subject))
        return effect(self.access.book, roles, change) if change.kind is Kind.ROLE else Effect((), (), ())

    def check(self, change: Change, actor: Identity) -> Person:
        """The person, if the actor may make this change. Raises OwnRights, Missing, or what is away."""
        if change.is_own(actor.subject):
            raise OwnRights(_("Nobody changes their own roles or participants. Ask another user administrator."))
        if not change.given:
            return self._holder(change)
        person = self.person(change.subject)
        if change.value not in self._offered(change.kind):
            sentence = _("There is no %(what)s to assign.", what=change.value)
            raise Missing(sentence if change.value else _("Nothing was chosen. Go back and choose."))
        return person

    def make(self, change: Change, actor: Identity) -> None:
        """Make a change; one that is made already changes nothing. Raises what `check` raises, and Excluded."""
        try:
            person = self.check(change, actor)
            self._refuse_clash(change, person)
            done = self._write(change, actor)
            self._take_back_clash(change, person, done)
        except (RuleBroken, Missing) as refusal:
            _note(change, actor, type(refusal).__name__)
            raise
        self.access.forget(change.subject)
        _note(change, actor, "done" if done else "unchanged")

    def _holder(self, change: Change) -> Person:
        # Taking away works without the directory, and for who has left it: it must not wait for others.
        person = self.known(change.subject) or Person(change.subject, change.subject, change.subject, "", active=False)
        if change.value not in self.held(change):
            raise Missing(_("%(name)s does not have %(what)s.", name=person.name, what=change.value))
        return person

    def _offered(self, kind: Kind) -> frozenset[str]:
        return frozenset(self.access.book.roles) if kind is Kind.ROLE else frozenset(self.hub.participants())

    def _refuse_clash(self, change: Change, person: Person) -> None:
        for clash in self.effect(change).clashes:
            raise Excluded(_excluded(clash.first, clash.second, person))

    def _write(self, change: Change, actor: Identity) -> bool:
        store = self.access.store
        if change.kind is Kind.ROLE:
            if change.given:
                return store.assign(change.subject, change.value, actor.subject)
            return store.remove(change.subject, change.value)
        if change.given:
            return store.add_participant(change.subject, change.value, actor.subject)
        return store.remove_participant(change.subject, change.value)

    def _take_back_clash(self, change: Change, person: Person, done: bool) -> None:
        # Somebody else may have assigned the other side between our look and our write: the later one gives way.
        if not done or not change.given or change.kind is not Kind.ROLE:
            return
        without = clashes(self.access.book, self.held(change) - {change.value})
        for clash in clashes(self.access.book, self.held(change)):
            if clash not in without:
                self.access.store.remove(change.subject, change.value)
                raise Excluded(_excluded(clash.first, clash.second, person))


def desk() -> Desk:
    """The present app's desk."""
    found: Desk = current_app.extensions["users"]
    return found


def _excluded(first: str, second: str, person: Person) -> str:
    return _(
        "Permissions %(first)s and %(second)s cannot be assigned together for the user: %(user)s",
        first=first,
        second=second,
        user=person.username,
    )


def _note(change: Change, actor: Identity, outcome: str) -> None:
    # Subjects only: names and addresses of people do not belong into logs.
    event = f"{change.kind}_{'given' if change.given else 'taken'}"
    log.info(event, actor=actor.subject, target=change.subject, **{str(change.kind): change.value}, outcome=outcome)
