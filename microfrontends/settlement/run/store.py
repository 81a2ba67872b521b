"""Where runs are kept. Whoever works at one holds its lease, and no word of anybody else about it is taken."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bff.change import words
from bff.change.tasks import naive
from bff.run import Person
from microfrontends.settlement.run.kept_caps import KeptCaps
from microfrontends.settlement.run.records import NewRun, SettlementRun, Step
from microfrontends.settlement.run.states import RunKind, RunState, StepKind, StepState
from microfrontends.settlement.run.table import settlement_run, settlement_step

LEASE = timedelta(seconds=20)  # prolonged every few seconds, also while a call to the hub takes longer
Clock = Callable[[], datetime]
_run, _step = settlement_run.c, settlement_step.c


class AlreadyRunning(Exception):
    """An open run works at the same thing already: `run`."""

    def __init__(self, run: SettlementRun) -> None:
        super().__init__(run.id)
        self.run = run


class LostLease(Exception):
    """Somebody else works at the run now: whoever finds this out stops without another word."""


def utc_now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


KEPT = [column.name for column in settlement_step.columns if not column.primary_key]
# Made once: making it takes longer than the database takes over it.
WRITE_STEP = (
    sa.update(settlement_step)
    .where(_step.run == sa.bindparam("of_run"), _step.position == sa.bindparam("to_position"))
    .values({name: sa.bindparam(f"to_{name}") for name in KEPT})
)


def key_of(settlement_id: int | None) -> str:
    """What the runs of a settlement work at, one at a time."""
    return f"settlement:{settlement_id}"


class Runs:
    """The runs of one app."""

    def __init__(self, engine: Engine, clock: Clock = utc_now, lease: timedelta = LEASE) -> None:
        self.engine, self.clock, self.lease = engine, clock, lease
        self.caps = KeptCaps(engine)

    def start(self, new: NewRun) -> SettlementRun:
        """Keep a new run; the same task starts one only. Raises AlreadyRunning."""
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(settlement_run), _new_row(new, self.clock()))
                self.add_steps(connection, new.task, new.steps)
        except IntegrityError:
            same = self.find(new.task)
            if same:
                return same
            other = self.open_on(new.open_key)
            if other is None:
                raise
            raise AlreadyRunning(other) from None
        return self.get(new.task)

    def find(self, run_id: str) -> SettlementRun | None:
        """The run of a task."""
        return next(iter(self._read(_run.id == run_id)), None)

    def get(self, run_id: str) -> SettlementRun:
        """The run of a task that has one."""
        found = self.find(run_id)
        assert found is not None, run_id
        return found

    def open_on(self, open_key: str) -> SettlementRun | None:
        """The open run that works at this, `settlement:7`."""
        return next(iter(self._read(_run.open_key == open_key)), None)

    def of_settlement(self, settlement_id: int) -> list[SettlementRun]:
        """Every run of a settlement, the newest first."""
        return self._read(_run.settlement_id == settlement_id)

    def latest(self, settlements: Collection[int]) -> dict[int, SettlementRun]:
        """The newest run of each of these settlements that has one."""
        found: dict[int, SettlementRun] = {}
        for run in self._read(_run.settlement_id.in_(list(settlements))) if settlements else ():
            found.setdefault(run.settlement_id or 0, run)
        return found

    def opened(self) -> list[SettlementRun]:
        """Every run that is not over, the newest first."""
        return self._read(_run.open_key.is_not(None))

    def abandoned(self) -> list[str]:
        """The runs that should be worked at and are not: never begun, or their worker died."""
        free = sa.or_(_run.lease_until.is_(None), _run.lease_until < naive(self.clock()))
        query = sa.select(_run.id).where(_run.state == RunState.RUNNING, free).order_by(_run.started_at)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def steps(self, run_id: str) -> list[Step]:
        """The steps of a run in their order."""
        query = sa.select(settlement_step).where(_step.run == run_id).order_by(_step.position)
        with self.engine.connect() as connection:
            return [_as_step(row) for row in connection.execute(query).mappings()]

    def claim(self, run_id: str, holder: str) -> bool:
        """Become the one who works at a run, unless somebody is; a run that does not run is nobody's."""
        now = naive(self.clock())
        free = sa.or_(_run.lease_until.is_(None), _run.lease_until < now)
        values = {"holder": holder, "lease_until": now + self.lease, "turn": _run.turn + 1}
        taken = sa.update(settlement_run).where(_run.id == run_id, _run.state == RunState.RUNNING, free).values(values)
        with self.engine.begin() as connection:
            return connection.execute(taken).rowcount == 1

    def hold(self, connection: Connection, run_id: str, holder: str, **values: Any) -> None:
        """Prolong the lease in this transaction, which nobody else's word can enter then. Raises LostLease."""
        held = (_run.id == run_id, _run.holder == holder, _run.state == RunState.RUNNING)
        kept = {"lease_until": naive(self.clock()) + self.lease, **values}
        if connection.execute(sa.update(settlement_run).where(*held).values(kept)).rowcount != 1:
            raise LostLease(run_id)

    def prolong(self, run_id: str, holder: str) -> None:
        """Prolong the lease. Raises LostLease."""
        with self.engine.begin() as connection:
            self.hold(connection, run_id, holder)

    def let_go(self, run_id: str, holder: str) -> None:
        """Stop working at a run that is not over: another worker may begin at once."""
        mine = (_run.id == run_id, _run.holder == holder)
        with self.engine.begin() as connection:
            connection.execute(sa.update(settlement_run).where(*mine).values(holder=None, lease_until=None))

    def away(self, run_id: str, holder: str, again_in: timedelta, sentence: Any) -> None:
        """Let go of a run because the hub does not answer; nobody takes it up before the time is over."""
        now, mine = naive(self.clock()), (_run.id == run_id, _run.holder == holder)
        since = sa.func.coalesce(_run.away_since, now)
        values: dict[str, Any] = {
            "holder": None,
            "lease_until": now + again_in,
            "away_since": since,
            "problem": words.kept(sentence),
        }
        with self.engine.begin() as connection:
            connection.execute(sa.update(settlement_run).where(*mine).values(values))

    def end(self, connection: Connection, run_id: str, holder: str, state: RunState, trouble: str = "") -> None:
        """Leave RUNNING. A run that only stopped keeps others from its settlement."""
        over = {} if state.is_open else {"open_key": None, "ended_at": naive(self.clock())}
        self.hold(connection, run_id, holder, state=state, problem=trouble, **over)
        connection.execute(sa.update(settlement_run).where(_run.id == run_id).values(holder=None, lease_until=None))

    def resume(self, run_id: str, by: Person) -> bool:
        """Let a run that stopped go on: what was refused is to be tried again. False when it had not stopped."""
        who = {"resumed_by": by.subject, "resumed_name": by.name, "resumed_username": by.username}
        values = {
            "state": RunState.RUNNING,
            "problem": "",
            "away_since": None,
            "resumed_at": naive(self.clock()),
            **who,
        }
        again = {"state": StepState.TODO, "problem": "", "code": "", "words": ""}
        stopped = (_run.id == run_id, _run.state == RunState.STOPPED)
        with self.engine.begin() as connection:
            if connection.execute(sa.update(settlement_run).where(*stopped).values(values)).rowcount != 1:
                return False
            failed = (_step.run == run_id, _step.state == StepState.FAILED)
            connection.execute(sa.update(settlement_step).where(*failed).values(again))
            return True

    def give_up(self, run_id: str, sentence: Any) -> None:
        """End a run that stopped, and that has nothing to go on with any more."""
        over = {"state": RunState.GIVEN_UP, "open_key": None, "ended_at": naive(self.clock())}
        stopped = (_run.id == run_id, _run.state == RunState.STOPPED)
        values = {**over, "problem": words.kept(sentence)}
        with self.engine.begin() as connection:
            connection.execute(sa.update(settlement_run).where(*stopped).values(values))

    def add_steps(self, connection: Connection, run_id: str, steps: Iterable[Step]) -> None:
        """Write steps that are to be done."""
        rows = [{"run": run_id, **_step_row(step)} for step in steps]
        if rows:
            connection.execute(sa.insert(settlement_step), rows)

    def write_steps(self, connection: Connection, run_id: str, steps: Iterable[Step]) -> None:
        """Keep steps as they are now."""
        rows = [{f"to_{key}": value for key, value in _step_row(step).items()} for step in steps]
        connection.execute(WRITE_STEP, [{**row, "of_run": run_id} for row in rows])

    def bind(self, connection: Connection, run: SettlementRun) -> None:
        """Keep the settlement that a run has made, and work at that from now on."""
        values: dict[str, Any] = {
            "settlement_id": run.settlement_id,
            "open_key": key_of(run.settlement_id),
            "plan": _written(run.plan),
        }
        connection.execute(sa.update(settlement_run).where(_run.id == run.id).values(values))

    def _read(self, *conditions: Any) -> list[SettlementRun]:
        query = sa.select(settlement_run).where(*conditions).order_by(_run.started_at.desc())
        with self.engine.connect() as connection:
            return [_as_run(row) for row in connection.execute(query).mappings()]


def _new_row(new: NewRun, now: datetime) -> dict[str, Any]:
    by = new.by
    return {
        "id": new.task,
        "kind": new.kind,
        "open_key": new.open_key,
        "settlement_id": new.settlement_id,
        "state": RunState.RUNNING,
        "plan": _written(new.plan),
        "started_by": by.subject,
        "started_name": by.name,
        "started_username": by.username,
        "started_at": naive(now),
        "turn": 0,
        "problem": "",
    }


def _written(plan: Mapping[str, Any]) -> str:
    return json.dumps(plan, sort_keys=True, default=str)


def _as_run(row: Any) -> SettlementRun:
    resumed = row["resumed_by"]
    return SettlementRun(
        id=row["id"],
        kind=RunKind(row["kind"]),
        settlement_id=row["settlement_id"],
        state=RunState(row["state"]),
        plan=json.loads(row["plan"]),
        started_by=Person(row["started_by"], row["started_name"], row["started_username"]),
        started_at=row["started_at"].replace(tzinfo=UTC),
        resumed_by=Person(resumed, row["resumed_name"], row["resumed_username"]) if resumed else None,
        resumed_at=_aware(row["resumed_at"]),
        holder=row["holder"],
        lease_until=_aware(row["lease_until"]),
        away_since=_aware(row["away_since"]),
        trouble=row["problem"],
        ended_at=_aware(row["ended_at"]),
    )


_RENAMED = {"trouble": "problem"}
_AMOUNTS = ("amount", "before", "expected", "found")
_MOMENTS = ("sent_at", "done_at")


def _step_row(step: Step) -> dict[str, Any]:
    return {_RENAMED.get(each.name, each.name): _stored(getattr(step, each.name)) for each in fields(Step)}


def _stored(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return naive(value)
    return str(value) if isinstance(value, Enum) else value


def _as_step(row: Any) -> Step:
    told = {each.name: row[_RENAMED.get(each.name, each.name)] for each in fields(Step)}
    told |= {name: Decimal(told[name]) for name in _AMOUNTS if told[name] is not None}
    told |= {name: _aware(told[name]) for name in _MOMENTS}
    return Step(**{**told, "kind": StepKind(told["kind"]), "state": StepState(told["state"])})


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
