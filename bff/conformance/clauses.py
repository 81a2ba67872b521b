"""What a clause of the contract is, the ways in which checking one ends, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bff.conformance.subject import Subject

Check = Callable[["Subject"], str]
# One module each, in the order in which they are checked and printed; its docstring is the heading of its clauses.
GROUPS: Final = (
    "manifest",
    "fragments",
    "alone",
    "identity",
    "changes",
    "failures",
    "keeping",
    "offers",
    "language",
    "accessibility",
)


class Verdict(StrEnum):
    """How the checking of a clause ended."""

    OK = "ok"
    FAILS = "fails"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"


class Otherwise(Exception):
    """A check that does not end well; the message is what was seen."""

    verdict = Verdict.FAILS


class Broken(Otherwise):
    """The app breaks the clause."""


class NotApplicable(Otherwise):
    """The app has nothing of which the clause speaks."""

    verdict = Verdict.NOT_APPLICABLE


class NotRun(Otherwise):
    """Nobody can tell, because something that comes before it is not there."""

    verdict = Verdict.NOT_RUN


@dataclass(frozen=True)
class Clause:
    """One clause: `id` is `<group>.<what>`, `sentence` what the contract asks, `remedy` what makes it so."""

    id: str
    sentence: str
    remedy: str
    check: Check

    @property
    def group(self) -> str:
        """What its id begins with."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Finding:
    """A clause, how it ended, and what was seen."""

    clause: Clause
    verdict: Verdict
    seen: str


_CLAUSES: dict[str, Clause] = {}


def clause(name: str, sentence: str, remedy: str) -> Callable[[Check], Check]:
    """Add a function to the list: it answers what it saw, or raises one of the three that end otherwise."""

    def add(check: Check) -> Check:
        if name in _CLAUSES:
            raise ValueError(f"there are two clauses {name}")
        _CLAUSES[name] = Clause(name, sentence, remedy, check)
        return check

    return add


def clauses() -> tuple[Clause, ...]:
    """All, group by group."""
    for group in GROUPS:
        import_module(f"bff.conformance.{group}")
    return tuple(found for group in GROUPS for found in _CLAUSES.values() if found.group == group)


def heading(group: str) -> str:
    """What the clauses of a group are about, in a sentence."""
    return (import_module(f"bff.conformance.{group}").__doc__ or "").strip()


def some_of(problems: list[str], otherwise: str) -> str:
    """What was seen where nothing is wrong. Raises Broken naming the first three problems."""
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise Broken("; ".join(problems[:3]) + more)
    return otherwise
