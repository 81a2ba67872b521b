"""What becomes of each step, written before and after the hub is called, with the audit and behind the run's fence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from bff.change import words
from bff.change.audit import Actor, AuditLog, Happening, Outcome
from bff.errors import HubRefused
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.run.records import SettlementRun, Step
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.run.store import Runs

CLEAN: Final[Mapping[str, Any]] = {"code": "", "words": "", "trouble": ""}
BATCHED = (StepKind.RECORD, StepKind.RESERVE, StepKind.SETTLE)  # many accounts in one call, one entry in the audit


@dataclass
class Journal:
    """The steps of a run while one holder works at it. Every write raises LostLease once the run is another's."""

    runs: Runs
    audit: AuditLog
    run: SettlementRun
    holder: str
    steps: dict[int, Step] = field(init=False)

    def __post_init__(self) -> None:
        self._read()

    def of(self, kind: StepKind) -> Step | None:
        """The first step of a kind."""
        return next((each for each in self.steps.values() if each.kind is kind), None)

    def left(self, kind: StepKind) -> list[Step]:
        """The steps of a kind that are not over."""
        return [each for each in self.steps.values() if each.kind is kind and not each.state.over]

    def of_account(self, account_id: int) -> dict[StepKind, Step]:
        """The steps of an account by their kind."""
        found = (self.steps[position] for position in self._positions.get(account_id, ()))
        return {each.kind: each for each in found}

    def sends(self, steps: Sequence[Step], **facts: Any) -> list[Step]:
        """Keep that these are about to be sent, before they are."""
        told = {"state": StepState.SENT, "sent_at": self.runs.clock(), "who": self.run.by.username, **CLEAN, **facts}
        return self._write([replace(each, attempts=each.attempts + 1, **told) for each in steps], Outcome.INTENT)

    def done(self, steps: Sequence[Step], **facts: Any) -> None:
        """Keep that the hub shows these. Of what was never sent, that it was so already."""
        told = {"done_at": self.runs.clock(), **CLEAN, **facts}
        never = [each for each in steps if not each.sent_at]
        self._write([replace(each, state=StepState.SKIPPED, **told) for each in never], None)
        sent = [each for each in steps if each.sent_at]
        self._write([replace(each, state=StepState.DONE, **told) for each in sent], Outcome.DONE)

    def waits(self, step: Step, sentence: Any = "") -> Step:
        """Keep that the hub has taken it, or may have, and does not show it yet."""
        return self._write([replace(step, state=StepState.WAITING, trouble=words.kept(sentence))], None)[0]

    def refused(self, step: Step, refusal: HubRefused) -> None:
        """Keep the hub's own words."""
        told = {**CLEAN, "code": refusal.code[:16], "words": refusal.description}
        self._write([replace(step, state=StepState.FAILED, **told)], Outcome.FAILED)

    def fails(self, step: Step, sentence: Any) -> None:
        """Keep why it cannot be done."""
        told = {**CLEAN, "trouble": words.kept(sentence)}
        self._write([replace(step, state=StepState.FAILED, **told)], Outcome.FAILED)

    def passes_over(self, step: Step, sentence: Any) -> None:
        """Keep why it will never be done."""
        told = {**CLEAN, "trouble": words.kept(sentence), "done_at": self.runs.clock()}
        self._write([replace(step, state=StepState.SKIPPED, **told)], Outcome.FAILED)

    def renewed(self, steps: Sequence[Step], transfer_id: str) -> None:
        """Begin these anew under another id, since the transfer of the old one has come to nothing."""
        fresh = {"state": StepState.TODO, "transfer_id": transfer_id, "sent_at": None, "done_at": None, **CLEAN}
        self._write([replace(each, **fresh, before=None, expected=None, found=None) for each in steps], None)

    def keep_caps(self, step: Step, caps: Iterable[Cap]) -> None:
        """Keep the caps as they are, with the step that says so."""
        with self._held() as connection:
            self.runs.caps.keep(connection, self.run.id, caps)
            self._keep(connection, [replace(step, state=StepState.DONE, done_at=self.runs.clock())])

    def compare_caps(self, step: Step, caps: Iterable[Cap]) -> None:
        """Keep the caps as they are beside those that were kept."""
        with self._held() as connection:
            self.runs.caps.compare(connection, self.run.id, caps)
            self._keep(connection, [replace(step, state=StepState.DONE, done_at=self.runs.clock())])

    def bound(self, step: Step, settlement_id: int, plan: Mapping[str, Any], more: Iterable[Step]) -> None:
        """Keep which settlement was made, what is planned for it, and the steps that follow."""
        done = replace(step, state=StepState.DONE, done_at=self.runs.clock(), **CLEAN)
        self.run = replace(self.run, settlement_id=settlement_id, plan=plan)
        with self._held() as connection:
            self.runs.bind(connection, self.run)
            self.runs.add_steps(connection, self.run.id, more)
            self._keep(connection, [done])
            self.audit.append(connection, self._happening([done], Outcome.DONE), self.actor)
        self._read()

    def ends(self, state: RunState, sentence: Any = "") -> None:
        """Leave the run: done, given up, or stopped until a person has seen to it."""
        with self.runs.engine.begin() as connection:
            self.runs.end(connection, self.run.id, self.holder, state, words.kept(sentence))

    @property
    def actor(self) -> Actor:
        """On whose word it is done."""
        by = self.run.by
        return Actor(by.subject, by.name, by.username)

    def _read(self) -> None:
        steps = self.runs.steps(self.run.id)
        self.steps = {step.position: step for step in steps}
        self._positions: dict[int, list[int]] = {}
        for step in steps:
            self._positions.setdefault(step.account_id or 0, []).append(step.position)

    def _write(self, steps: list[Step], outcome: Outcome | None) -> list[Step]:
        if steps:
            with self._held() as connection:
                self._keep(connection, steps)
                if outcome:
                    self.audit.append(connection, self._happening(steps, outcome), self.actor)
        return steps

    @contextmanager
    def _held(self) -> Iterator[Connection]:
        """A transaction that only the run's holder gets through, and no other writer of this database beside it."""
        with self.runs.engine.begin() as connection:
            self.runs.hold(connection, self.run.id, self.holder, away_since=None, problem="")
            yield connection

    def _keep(self, connection: Connection, steps: list[Step]) -> None:
        self.runs.write_steps(connection, self.run.id, steps)
        self.steps.update({step.position: step for step in steps})

    def _happening(self, steps: list[Step], outcome: Outcome) -> Happening:
        step, alone = steps[0], len(steps) == 1
        facts = {"account": step.account_id, "currency": step.currency, "transfer": step.transfer_id}
        amount = {"amount": step.amount} if step.amount else {}
        told = {key: value for key, value in facts.items() if value} | amount if alone else {"accounts": len(steps)}
        after = step.found if outcome is Outcome.DONE else step.expected
        return Happening(
            action=f"settlement.{self.run.kind.lower()}.step",
            outcome=outcome,
            target=f"settlement:{self.run.settlement_id}" if self.run.settlement_id else f"run:{self.run.id}",
            participant=step.participant if alone else "",
            before=_balance(step.before if alone else None),
            after=_balance(after if alone else None),
            reason=" ".join(filter(None, (step.code, step.words, words.in_english(step.trouble)))),
            task=self._key(step),
            detail={"run": self.run.id, "step": step.kind, **told},
        )

    def _key(self, step: Step) -> str:
        """What binds an outcome to its intent: not the run's own id, whose history is to stay readable."""
        return str(uuid5(UUID(self.run.id), step.kind if step.kind in BATCHED else f"{step.kind}/{step.account_id}"))


def _balance(value: Decimal | None) -> Mapping[str, Any]:
    return {} if value is None else {"balance": value}
