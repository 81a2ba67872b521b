"""What an action is: one definition from which form, JSON endpoint, approval task and audit entries are made."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, ClassVar

from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from bff.change import words
from bff.errors import Missing
from bff.identity.principal import Identity
from bff.run import Run

LONGEST_REASON = 400
Command = Mapping[str, Any]  # what a schema loads: the fields that say what exactly is to be done
Told = Mapping[str, str]  # names that were looked up when it was asked for, so that its words need no look-up later


class TypedSchema(Schema):
    """Fields that a person or a program fills in: text that can be kept."""

    @pre_load
    def make_writable(self, sent: Any, **_more: Any) -> Any:
        """Leave out what cannot be kept; a reason stands on one line."""
        if not isinstance(sent, Mapping):
            return sent
        cleaned = {key: words.writable(value) for key, value in sent.items()}
        if isinstance(cleaned.get("reason"), str):
            cleaned["reason"] = words.one_line(cleaned["reason"])
        return cleaned


class CommandSchema(TypedSchema):
    """The fields of a command. Each inherits the reason that the maker gives."""

    class Meta:
        """Forms carry more than a command: the token, the attempt."""

        unknown = EXCLUDE

    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))


@dataclass(frozen=True)
class Fact:
    """One thing before and after. `key` is named by the action's labels; kind and currency are a table column's."""

    key: str
    before: str = ""
    after: str = ""
    kind: str = "text"
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an action would do if it were done now.

    `basis` is what the decision rests on, in codes and not in words of a language: when it is otherwise later, the
    task is STALE. `amounts` by currency decide which band of the policy applies. `shown` is for the action's `details`
    and is kept nowhere.
    """

    changes: tuple[Fact, ...] = ()
    basis: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    told: Told = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """A field of the form that asks for a command: as the form macro `field` takes it."""

    name: str
    label: Any
    kind: str = "text"
    hint: Any = None
    required: bool = True
    options: tuple[tuple[str, Any], ...] = ()


class Found(Enum):
    """What reading back says of a change whose answer was lost."""

    DONE = "done"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Action(ABC):
    """A change of something, permissioned, previewed, approvable, executed once and audited.

    `rule` is the path of its form; its JSON endpoint is the same under /api. `repeatable` says that executing twice
    with one key changes nothing more, so that an execution which died half-way may be done again.
    """

    name: ClassVar[str]
    title: ClassVar[Any]
    permission: ClassVar[StrEnum]
    rule: ClassVar[str]
    schema: ClassVar[type[CommandSchema]] = CommandSchema
    labels: ClassVar[Mapping[str, Any]] = {}
    inputs: ClassVar[tuple[Input, ...]] = ()
    consequence: ClassVar[Any] = None  # what follows from it, as a sentence or two
    details: ClassVar[str] = ""  # a template of the app's own that stands in the form; it gets `shown` of the effect
    danger: ClassVar[bool] = False
    reasoned: ClassVar[bool] = False  # the maker must say why, whatever the policy says
    repeatable: ClassVar[bool] = False

    @abstractmethod
    def target(self, command: Command) -> str:
        """The object that would change, `gate:7`; it has one open task at most."""

    @abstractmethod
    def sentence(self, command: Command, told: Told) -> str:
        """What will be done, in one sentence, from the command and the names told alone."""

    @abstractmethod
    def verb(self, command: Command, told: Told) -> str:
        """The button's words: `Shut gate 7`."""

    @abstractmethod
    def effect(self, command: Command) -> Effect:
        """What it would do now. Raises Missing, HubRefused, HubUnavailable."""

    @abstractmethod
    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Do it, and say what came of it as facts. Raises RuleBroken, HubRefused, HubUnavailable."""

    @abstractmethod
    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it has been done, by looking; asked when an execution ended without an answer."""

    @abstractmethod
    def back(self, command: Command) -> str:
        """Where to go once it is done."""

    def check(self, command: Command, effect: Effect, maker: str) -> None:  # noqa: B027 - most have nothing to add
        """Raise RuleBroken when the rules of the field forbid it now to this maker (a subject)."""

    def refuse_checker(self, command: Command, checker: str) -> None:  # noqa: B027 - most have nothing to add
        """Raise RuleBroken for a checker (a subject) whom it would serve; the request waits for somebody else."""

    def participants(self, command: Command) -> tuple[str, ...]:
        """The participants whom it concerns; none means the whole hub."""
        return ()

    def choices(self, raw: Mapping[str, str]) -> Mapping[str, tuple[tuple[str, Any], ...]]:
        """The options of inputs that have to be looked up, by input."""
        return {}

    def refuse_strangers(self, who: Identity) -> None:
        """Raise Missing for whoever may not even know of such objects: by default, whoever sees not the whole hub."""
        if not who.sees_all:
            raise Missing(_("This is shown only to those who see every participant."))
