"""A task: who asked for what, on what terms, what was decided, what came of it; and how it is kept as exact bytes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bff.change import words
from bff.change.actions import Effect, Fact
from bff.change.policy import Pair, Terms
from bff.change.states import State
from bff.identity.provider import Demand
from bff.run import Person, Run


@dataclass(frozen=True)
class Decision:
    """What somebody decided, and the digest of what they saw."""

    person: Person
    verdict: str
    reason: str
    sha256: str
    at: datetime


@dataclass(frozen=True)
class Wish:
    """What is kept of a request, and hashed: everything that a checker decides on and that is executed later."""

    action: str
    target: str
    command: Mapping[str, Any]
    effect: Effect
    participants: tuple[str, ...]
    maker: Person
    maker_roles: tuple[str, ...]
    reason: str
    terms: Terms

    def body(self) -> str:
        """The bytes that are kept: JSON with sorted keys, amounts as strings."""
        effect = asdict(replace(self.effect, shown={}))
        del effect["shown"]
        terms = asdict(self.terms)
        terms["life"] = int(self.terms.life.total_seconds())
        parts = {**vars(self), "effect": effect, "maker": asdict(self.maker), "terms": terms}
        return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)

    @classmethod
    def of(cls, body: str) -> "Wish":
        """The wish that `body` made these bytes of."""
        told = json.loads(body)
        effect, terms = told["effect"], told["terms"]
        return cls(
            action=told["action"],
            target=told["target"],
            command=told["command"],
            effect=Effect(
                changes=tuple(Fact(**fact) for fact in effect["changes"]),
                basis=effect["basis"],
                amounts={currency: Decimal(amount) for currency, amount in effect["amounts"].items()},
                warnings=tuple(effect["warnings"]),
                told=effect["told"],
            ),
            participants=tuple(told["participants"]),
            maker=Person(**told["maker"]),
            maker_roles=tuple(told["maker_roles"]),
            reason=told["reason"],
            terms=Terms(
                approvals=terms["approvals"],
                checker=terms["checker"],
                pairs=tuple(Pair(**pair) for pair in terms["pairs"]),
                life=timedelta(seconds=terms["life"]),
                reason=terms["reason"],
                step_up=Demand(tuple(terms["step_up"]["acr"]), terms["step_up"]["max_age"]),
            ),
        )


@dataclass(frozen=True)
class Task:
    """A request and its fate. `outcome`: facts that the execution told; `trouble`: what went wrong, as it is kept."""

    id: str
    state: State
    wish: Wish
    sha256: str
    made_at: datetime
    expires_at: datetime
    changed_at: datetime
    decisions: tuple[Decision, ...] = ()
    claim: str | None = None
    outcome: Mapping[str, Any] | None = None
    trouble: str = ""

    @property
    def problem(self) -> str:
        """What went wrong, in a sentence in the reader's language."""
        return words.said(self.trouble)

    @property
    def approvals(self) -> tuple[Decision, ...]:
        """The approvals of exactly what will be executed."""
        return tuple(each for each in self.decisions if each.verdict == "approve" and each.sha256 == self.sha256)

    @property
    def run(self) -> Run:
        """The run that executes it."""
        approvers = tuple(decision.person for decision in self.approvals)
        return Run(self.id, self.wish.maker, approvers, self.wish.reason)

    def decision_of(self, subject: str) -> Decision | None:
        """What this person decided, if they have."""
        return next((each for each in self.decisions if each.person.subject == subject), None)


def digest(body: str) -> str:
    """What a checker's form carries back, so that nobody approves what they have not seen."""
    return hashlib.sha256(body.encode()).hexdigest()


def naive(at: datetime) -> datetime:
    """As the database keeps it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None)
