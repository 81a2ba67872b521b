"""Closing windows by themselves: what came of each moment at which one was due, and when the next one is.

A moment is taken by the one worker that writes its row. The close is asked for as anybody would ask for it, by the
actor `schedule`: the policy decides on it, the audit keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from bff.change import words
from bff.change.approvals import AlreadyAsked, Changes
from bff.change.audit import Actor, Happening, Outcome
from bff.change.states import State
from bff.change.tasks import naive
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken, StepUpNeeded
from bff.identity.principal import Identity
from microfrontends.settlement.closings import Closing
from microfrontends.settlement.domain.windows import Window
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.store import Clock, utc_now
from microfrontends.settlement.run.table import settlement_close

LATE = timedelta(minutes=5)  # after its moment a window is not closed any more: by then somebody may count on it
MOST_MISSED = 50  # that are told of one by one
ACTION = "settlement.close_window"
EMPTY = "is empty"  # in the hub's words
# Its rights are its own: where the policy wants approvals, give the subject `schedule` a role that may close windows.
SCHEDULE = Identity("schedule", "Schedule", "schedule", frozenset(), True, frozenset({str(P.CLOSE_WINDOW)}), (), "", "")
_column = settlement_close.c
log = structlog.get_logger()


class Came(StrEnum):
    """What came of a moment. BEGUN is no moment: since then the schedule is known."""

    BEGUN = "BEGUN"
    TAKEN = "TAKEN"
    CLOSED = "CLOSED"
    ASKED = "ASKED"
    SKIPPED = "SKIPPED"
    EMPTY = "EMPTY"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    MISSED = "MISSED"


@dataclass(frozen=True)
class Past:
    """A moment that is over."""

    model: str
    due_at: datetime
    came: Came
    at: datetime
    window_id: int | None = None
    task: str | None = None
    trouble: str = ""

    @property
    def problem(self) -> str:
        """What kept the window from being closed, in the reader's language."""
        return words.said(self.trouble)


class Schedule:
    """The closings of one app. `tick` may be called by any number of workers, as often as they like."""

    def __init__(
        self, closings: Sequence[Closing], engine: Engine, changes: Changes, hub: Hub, clock: Clock = utc_now
    ) -> None:
        self.closings, self._engine, self._changes, self._hub, self._clock = closings, engine, changes, hub, clock

    def coming(self) -> list[tuple[Closing, datetime]]:
        """Each closing and its next moment, the nearest first."""
        now = self._clock()
        return sorted(((each, each.next(now)) for each in self.closings), key=lambda pair: pair[1])

    def past(self, most: int = 20) -> list[Past]:
        """What came of the last moments, the newest first."""
        query = sa.select(settlement_close).where(_column.outcome != Came.BEGUN)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_column.due_at.desc()).limit(most)).mappings()
            return [_past(row) for row in rows]

    def tick(self) -> None:
        """Take what is due."""
        for closing in self.closings:
            self._give_up_taken(closing)
            since = self._since(closing)
            now = self._clock()
            due = closing.between(since, now)
            for moment in due[-MOST_MISSED:]:
                if moment == due[-1] and now - moment <= LATE:
                    self._take(closing, moment)
                else:
                    self._miss(closing, moment)

    def _since(self, closing: Closing) -> datetime:
        """The last moment that anything is known of; the first time, now."""
        query = sa.select(sa.func.max(_column.due_at)).where(_column.model == closing.model)
        with self._engine.connect() as connection:
            last = connection.execute(query).scalar()
        if last:
            return last.replace(tzinfo=UTC)  # type: ignore[no-any-return]
        now = self._clock()
        self._write(Past(closing.model, now, Came.BEGUN, now))
        return now

    def _take(self, closing: Closing, moment: datetime) -> None:
        taken = Past(closing.model, moment, Came.TAKEN, self._clock())
        if not self._write(taken):
            return
        try:
            came, facts = self._close(closing, moment)
        except HubUnavailable as problem:
            # Nothing was asked for yet: the next round tries again, as long as it is not too late.
            log.warning("scheduled_close_waits_for_hub", model=closing.model, problem=str(problem))
            self._forget(taken)
            return
        self._settle(taken, came, **facts)

    def _close(self, closing: Closing, moment: datetime) -> tuple[Came, dict[str, Any]]:
        if busy := self._adding_up():
            ids = ", ".join(str(number) for number in busy)
            return Came.SKIPPED, {"problem": words.kept(_l("The hub is still adding up window %(ids)s.", ids=ids))}
        # Where a race at the hub left several, transfers go into the one that changed last.
        window = max(self._hub.open_windows(), key=lambda each: each.changed, default=None)
        if window is None:
            return Came.EMPTY, {"problem": words.kept(_l("There is no open window."))}
        if not self._holds(window, closing):
            return Came.EMPTY, {"window_id": window.id}
        came, facts = self._ask(window, closing, f"schedule {closing.model} {moment:%Y-%m-%dT%H:%M:%SZ}")
        return came, {"window_id": window.id, **facts}

    def _ask(self, window: Window, closing: Closing, attempt: str) -> tuple[Came, dict[str, Any]]:
        command = {"window_id": window.id, "reason": closing.reason}
        try:
            task = self._changes.ask(ACTION, command, attempt, SCHEDULE)
        except AlreadyAsked as other:
            return Came.SKIPPED, {"problem": str(other), "task": other.task.id}
        except StepUpNeeded:
            return Came.REFUSED, {"problem": words.kept(_l("The policy wants a person's own sign-in for this."))}
        except HubRefused as refusal:
            came = Came.EMPTY if EMPTY in refusal.description else Came.REFUSED
            return came, {"problem": f"{refusal.code} {refusal.description}"}
        except (RuleBroken, Missing) as problem:
            return Came.REFUSED, {"problem": str(problem)}
        except HubUnavailable as problem:
            if not problem.sent:
                raise
            return Came.UNKNOWN, {}
        return Came.ASKED if task.state is State.PENDING else Came.CLOSED, {"task": task.id}

    def _adding_up(self) -> list[int]:
        try:
            return [each.id for each in self._hub.processing()]
        except FiguresUnavailable:
            return []

    def _holds(self, window: Window, closing: Closing) -> bool:
        """Whether the window has anything for the model. Where the database cannot say, the hub will."""
        model = next((each for each in self._hub.settlement_models() if each.name == closing.model), None)
        try:
            held = self._hub.currencies([window.id]).get(window.id, ())
        except FiguresUnavailable:
            return True
        return model is None or model.currency is None or model.currency in held

    def _miss(self, closing: Closing, moment: datetime) -> None:
        missed = Past(closing.model, moment, Came.MISSED, self._clock())
        if self._write(missed):
            self._tell(missed, Outcome.FAILED)

    def _give_up_taken(self, closing: Closing) -> None:
        """What a worker took and never ended, because it died over it."""
        died = (_column.model == closing.model, _column.outcome == Came.TAKEN, _column.at < naive(self._clock() - LATE))
        with self._engine.begin() as connection:
            connection.execute(sa.update(settlement_close).where(*died).values(outcome=Came.UNKNOWN))

    def _write(self, past: Past) -> bool:
        """Keep a moment; False when another worker has it."""
        values = {"model": past.model, "due_at": naive(past.due_at), "outcome": past.came, "at": naive(past.at)}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(settlement_close).values(**values, problem=""))
        except IntegrityError:
            return False
        return True

    def _settle(self, taken: Past, came: Came, **facts: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(settlement_close).where(*_key(taken)).values(outcome=came, **facts))
        if came in (Came.REFUSED, Came.SKIPPED):
            self._tell(replace(taken, came=came, trouble=facts.get("problem", "")), Outcome.FAILED)

    def _forget(self, taken: Past) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(settlement_close).where(*_key(taken)))

    def _tell(self, past: Past, outcome: Outcome) -> None:
        happening = Happening(
            action="settlement.schedule",
            outcome=outcome,
            target=f"model:{past.model}",
            reason=words.in_english(past.trouble),
            detail={"due": past.due_at, "came": past.came},
        )
        self._changes.audit.record(happening, Actor.of(SCHEDULE))


def _key(past: Past) -> tuple[sa.ColumnElement[bool], ...]:
    return _column.model == past.model, _column.due_at == naive(past.due_at)


def _past(row: Any) -> Past:
    return Past(
        model=row["model"],
        due_at=row["due_at"].replace(tzinfo=UTC),
        came=Came(row["outcome"]),
        at=row["at"].replace(tzinfo=UTC),
        window_id=row["window_id"],
        task=row["task"],
        trouble=row["problem"],
    )
