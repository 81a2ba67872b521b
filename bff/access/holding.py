"""Who holds which role and belongs to which participant: one small interface, whichever store keeps it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from bff.errors import RuleBroken

ROLE, PARTICIPANT = "role", "participant"
Item = tuple[str, str]  # ROLE or PARTICIPANT, and its name
# Asked with the roles before and after, while nobody else can change them; raises to have nothing written.
Check = Callable[[frozenset[str], frozenset[str]], None]


class Changed(RuleBroken):
    """Somebody else has changed what the subject holds since it was read."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this person's roles or participants meanwhile. Look again."))


@dataclass(frozen=True)
class Grant:
    """One role or one participant given to a subject: what, by whom, when (UTC).

    A store that keeps no history (Keto) knows neither giver nor time: "" and None; the audit knows both.
    """

    value: str
    granted_by: str = ""
    granted_at: datetime | None = None


@dataclass(frozen=True)
class Holding:
    """What one subject holds at one moment; each by name."""

    roles: tuple[Grant, ...] = ()
    participants: tuple[Grant, ...] = ()

    @property
    def role_names(self) -> frozenset[str]:
        """The roles without their history."""
        return frozenset(grant.value for grant in self.roles)

    @property
    def participant_names(self) -> frozenset[str]:
        """The participants without their history."""
        return frozenset(grant.value for grant in self.participants)

    @property
    def items(self) -> frozenset[Item]:
        """Roles and participants together."""
        roles = {(ROLE, name) for name in self.role_names}
        return frozenset(roles | {(PARTICIPANT, name) for name in self.participant_names})

    @property
    def version(self) -> str:
        """Equal for equal holdings alone, so that it also tells what was written past the portal."""
        text = "\n".join(f"{kind}:{name}" for kind, name in sorted(self.items))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What is to change for one subject, at once or not at all. `expected`: the version that the giver has seen."""

    subject: str
    by: str = ""
    give_roles: frozenset[str] = frozenset()
    take_roles: frozenset[str] = frozenset()
    give_participants: frozenset[str] = frozenset()
    take_participants: frozenset[str] = frozenset()
    expected: str | None = None

    def on(self, held: Holding, check: Check | None = None) -> tuple[frozenset[Item], frozenset[Item]]:
        """What must be given and what taken from whoever holds this. Raises Changed, and what `check` raises."""
        if self.expected is not None and self.expected != held.version:
            raise Changed
        give = {(ROLE, name) for name in self.give_roles} | {(PARTICIPANT, name) for name in self.give_participants}
        take = {(ROLE, name) for name in self.take_roles} | {(PARTICIPANT, name) for name in self.take_participants}
        if check:
            check(held.role_names, (held.role_names - self.take_roles) | self.give_roles)
        return frozenset(give - held.items), frozenset((take & held.items) - give)


class Assignments(ABC):
    """The store of assignments. Every method raises StoreUnavailable when it cannot answer: never an empty answer."""

    @abstractmethod
    def holding(self, subject: str) -> Holding:
        """What the subject holds."""

    @abstractmethod
    def holdings(self, subjects: Iterable[str] | None = None) -> dict[str, Holding]:
        """What many subjects hold (None: everybody); who holds nothing is absent."""

    @abstractmethod
    def holders(self, roles: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Everybody who holds any of the roles, and which of these."""

    @abstractmethod
    def edit(self, edit: Edit, check: Check | None = None) -> bool:
        """Make an edit; False when there was nothing to change. Raises Changed, and what `check` raises.

        Edits of one subject follow one another: of two that a check forbids together, at most one is made.
        """

    @abstractmethod
    def problem(self) -> str:
        """Why the store cannot be used, in a sentence; empty when it can."""

    def version(self, subject: str) -> str:
        """What to give back as `expected`, so that an edit fails when somebody else was faster."""
        return self.holding(subject).version

    def roles_of(self, subject: str) -> tuple[Grant, ...]:
        """The subject's roles, by name."""
        return self.holding(subject).roles

    def participants_of(self, subject: str) -> tuple[Grant, ...]:
        """The participants that the subject belongs to, by name."""
        return self.holding(subject).participants

    def roles_of_all(self, subjects: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The role names of many subjects; a subject without roles is absent."""
        found = self.holdings(subjects).items()
        return {subject: tuple(grant.value for grant in held.roles) for subject, held in found if held.roles}

    def assign(self, subject: str, role: str, by: str, expected: str | None = None) -> bool:
        """Give a role, unchecked; False when the subject has it already."""
        return self.edit(Edit(subject=subject, by=by, give_roles=frozenset({role}), expected=expected))

    def remove(self, subject: str, role: str, expected: str | None = None) -> bool:
        """Take a role away; False when the subject does not have it."""
        return self.edit(Edit(subject=subject, take_roles=frozenset({role}), expected=expected))

    def add_participant(self, subject: str, participant: str, by: str, expected: str | None = None) -> bool:
        """Make the subject a member; False when it is one already."""
        return self.edit(Edit(subject=subject, by=by, give_participants=frozenset({participant}), expected=expected))

    def remove_participant(self, subject: str, participant: str, expected: str | None = None) -> bool:
        """End a membership; False when there is none."""
        return self.edit(Edit(subject=subject, take_participants=frozenset({participant}), expected=expected))
