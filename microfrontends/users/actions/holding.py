"""What every change of somebody's roles and participants has in common: its effect, its rules, how it is written."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import Command, Effect, Fact, Found, Missing, RuleBroken, Run
from bff.access.exclusions import Excluded
from bff.access.holding import Changed, Edit, Holding
from microfrontends.users.actions.person import LastAdministrator, OfPerson, last_administrator, told_of
from microfrontends.users.desk import desk
from microfrontends.users.domain.rights import Scope, change, scope
from microfrontends.users.permissions import P
from microfrontends.users.words import sees, sentence_of


@dataclass(frozen=True)
class Would:
    """What a person holds and would hold."""

    held: Holding
    roles: frozenset[str]
    participants: frozenset[str]


class OfRights(OfPerson):
    """A change of what one person holds."""

    labels = {
        "roles": _l("Roles"),
        "participants": _l("Participants"),
        "sees": _l("Data in view"),
        "permissions": _l("Permissions"),
        "gives": _l("What the role gives"),
    }
    consequence = _l("It counts within five seconds, also for who is signed in already.")
    details = "change/_rights.html"
    gives: bool

    @abstractmethod
    def edit(self, command: Command) -> Edit:
        """What is given or taken."""

    @abstractmethod
    def unknown(self, command: Command) -> str:
        """Why what the command names cannot be given, in a sentence; empty when it can."""

    def effect(self, command: Command) -> Effect:
        """Roles, participants, permissions and data in view, before and after. Raises Missing, HubUnavailable."""
        held = desk().store.holding(command["subject"])
        person = desk().person(command["subject"]) if self.gives else desk().holder(command["subject"], held)
        would, book = self._would(command, held), desk().book
        made = change(book, held.role_names, would.roles)
        state = () if person.active else (_("%(name)s cannot sign in: the account is inactive.", name=person.name),)
        return Effect(
            changes=tuple(fact for fact in _facts(would) if fact.before != fact.after),
            basis={"roles": _listed(held.role_names), "participants": _listed(held.participant_names)}
            | self._rests_on(command),
            warnings=state,
            told=told_of(person.name, person.username),
            shown={
                "made": made,
                "gained": [(name, sentence_of(name)) for name in made.gained],
                "lost": [(name, sentence_of(name)) for name in made.lost],
                "would": would,
                "person": person,
                "problem": self._problem(command, held, person.name),
            },
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Never one's own; never on what is not there any more; never both sides of an exclusion; never the last."""
        super().check(command, effect, maker)
        shown, held = effect.shown, effect.shown["would"].held
        if command["version"] and command["version"] != held.version:
            raise Changed
        if shown["problem"]:
            raise RuleBroken(shown["problem"])
        for clash in shown["made"].clashes:
            raise RuleBroken(excluded(clash.first, clash.second, shown["person"].username))
        if self._disarms(shown["would"]) and not desk().other_administrators(command["subject"]):
            raise LastAdministrator(last_administrator(shown["person"].name))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Write it, where edits of one person follow one another and are checked once more. Raises RuleBroken."""
        edit, access = self.edit(command), desk().access
        before = access.store.holding(command["subject"])
        try:
            done = access.edit(Edit(**{**vars(edit), "by": run.maker.subject, "expected": command["version"] or None}))
        except Excluded as refused:
            person = desk().named([command["subject"]]).get(command["subject"])
            username = person.username if person else command["subject"]
            raise RuleBroken(excluded(refused.first, refused.second, username)) from refused
        after = access.store.holding(command["subject"])
        made = change(desk().book, before.role_names, after.role_names)
        return {"changed": done, "version": after.version, "gained": made.gained, "lost": made.lost}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether the person holds it, or does not hold it any more."""
        give, take = self.edit(command).on(desk().store.holding(command["subject"]))
        return Found.ABSENT if give or take else Found.DONE

    def _would(self, command: Command, held: Holding) -> Would:
        edit = self.edit(command)
        return Would(
            held,
            (held.role_names - edit.take_roles) | edit.give_roles,
            (held.participant_names - edit.take_participants) | edit.give_participants,
        )

    def _problem(self, command: Command, held: Holding, name: str) -> str:
        """Why there is nothing to do. Raises Missing for what is not there to be given or taken."""
        what = self.what(command)
        if self.gives and (sentence := self.unknown(command)):
            raise Missing(sentence)
        if any(self.edit(command).on(held)):
            return ""
        if self.gives:
            return _("%(name)s has %(what)s already.", name=name, what=what)
        raise Missing(_("%(name)s does not have %(what)s.", name=name, what=what))

    def what(self, command: Command) -> str:
        """What is given or taken, in words."""
        return desk().role(command["role"]) if "role" in command else str(command["participant"])

    def _rests_on(self, command: Command) -> dict[str, str]:
        # A role that has come to give something else since is not what was asked for.
        return {"gives": _listed(desk().book.permissions_of({command["role"]}))} if "role" in command else {}

    def _disarms(self, would: Would) -> bool:
        book, held = desk().book, would.held
        able = str(P.ASSIGN_ROLES) in book.permissions_of(held.role_names) and (
            scope(book, held.role_names, held.participant_names) is Scope.EVERYBODY
        )
        still = str(P.ASSIGN_ROLES) in book.permissions_of(would.roles) and (
            scope(book, would.roles, would.participants) is Scope.EVERYBODY
        )
        return able and not still


def excluded(first: str, second: str, username: str) -> str:
    """The refusal of two permissions that nobody may hold together, in the words that the field knows."""
    words = {"first": first, "second": second, "user": username}
    return _("Permissions %(first)s and %(second)s cannot be assigned together for the user: %(user)s", **words)


def _facts(would: Would) -> tuple[Fact, ...]:
    held, permissions_of = would.held, desk().book.permissions_of
    return (
        Fact("roles", _titles(held.role_names), _titles(would.roles)),
        Fact("participants", _listed(held.participant_names), _listed(would.participants)),
        Fact("sees", sees(held.role_names, held.participant_names), sees(would.roles, would.participants)),
        Fact("permissions", str(len(permissions_of(held.role_names))), str(len(permissions_of(would.roles)))),
    )


def _titles(roles: Iterable[str]) -> str:
    return ", ".join(desk().role(name) for name in sorted(roles))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
