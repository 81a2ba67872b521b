"""Where runs are kept. Whoever works at one holds its lease, and no word of anybody else about it is taken."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bff.change.tasks import naive
from bff.run import Person
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.run.records import KeptCap, NewRun, SettlementRun, Step
from microfrontends.settlement.run.states import RunKind, RunState, StepKind, StepState
from microfrontends.settlement.run.table import settlement_cap, settlement_run, settlement_step

LEASE = timedelta(seconds=30)  # longer than any one call to the hub may take
Clock = Callable[[], datetime]
_run, _step, _cap = settlement_run.c, settlement_step.c, settlement_cap.c


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


class Runs:
    """The runs of one app."""

    def __init__(self, engine: Engine, clock: Clock = utc_now, lease: timedelta = LEASE) -> None:
        self.engine, self.clock, self.lease = engine, clock, lease

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
        free = sa.or_(_run.holder.is_(None), _run.lease_until < naive(self.clock()))
        query = sa.select(_run.id).where(_run.state == RunState.RUNNING, free).order_by(_run.started_at)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def steps(self, run_id: str) -> list[Step]:
        """The steps of a run in their order."""
        query = sa.select(settlement_step).where(_step.run == run_id).order_by(_step.position)
        with self.engine.connect() as connection:
            return [_as_step(row) for row in connection.execute(query).mappings()]

    def caps(self, run_id: str) -> list[KeptCap]:
        """The caps kept beside a run, by participant and currency."""
        query = sa.select(settlement_cap).where(_cap.run == run_id).order_by(_cap.participant, _cap.currency)
        with self.engine.connect() as connection:
            return [_as_cap(row) for row in connection.execute(query).mappings()]

    def claim(self, run_id: str, holder: str) -> bool:
        """Become the one who works at a run, unless somebody is; a run that does not run is nobody's."""
        now = naive(self.clock())
        free = sa.or_(_run.holder.is_(None), _run.holder == holder, _run.lease_until < now)
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

    def let_go(self, run_id: str, holder: str) -> None:
        """Stop working at a run that is not over: another worker may begin at once."""
        mine = (_run.id == run_id, _run.holder == holder)
        with self.engine.begin() as connection:
            connection.execute(sa.update(settlement_run).where(*mine).values(holder=None, lease_until=None))

    def end(self, connection: Connection, run_id: str, holder: str, state: RunState, trouble: str = "") -> None:
        """Leave RUNNING. A run that only stopped keeps others from its settlement."""
        over = {} if state.is_open else {"open_key": None, "ended_at": naive(self.clock())}
        self.hold(connection, run_id, holder, state=state, problem=trouble, **over)
        connection.execute(sa.update(settlement_run).where(_run.id == run_id).values(holder=None, lease_until=None))

    def resume(self, run_id: str, by: Person) -> bool:
        """Let a run that stopped go on: what was refused is to be tried again. False when it had not stopped."""
        who = {"resumed_by": by.subject, "resumed_name": by.name, "resumed_username": by.username}
        values = {"state": RunState.RUNNING, "problem": "", "resumed_at": naive(self.clock()), **who}
        again = {"state": StepState.TODO, "problem": "", "code": "", "words": ""}
        stopped = (_run.id == run_id, _run.state == RunState.STOPPED)
        with self.engine.begin() as connection:
            if connection.execute(sa.update(settlement_run).where(*stopped).values(values)).rowcount != 1:
                return False
            failed = (_step.run == run_id, _step.state == StepState.FAILED)
            connection.execute(sa.update(settlement_step).where(*failed).values(again))
            return True

    def add_steps(self, connection: Connection, run_id: str, steps: Iterable[Step]) -> None:
        """Write steps that are to be done."""
        rows = [{"run": run_id, **_step_row(step)} for step in steps]
        if rows:
            connection.execute(sa.insert(settlement_step), rows)

    def write_step(self, connection: Connection, run_id: str, step: Step) -> None:
        """Keep a step as it is now."""
        row = _step_row(step)
        mine = (_step.run == run_id, _step.position == row.pop("position"))
        connection.execute(sa.update(settlement_step).where(*mine).values(row))

    def keep_caps(self, connection: Connection, run_id: str, caps: Iterable[Cap]) -> None:
        """Keep caps as they are before the hub reserves."""
        rows = [
            {"run": run_id, "participant": cap.participant, "currency": cap.currency, **_cap_row(cap, "before")}
            for cap in caps
        ]
        if rows:
            connection.execute(sa.insert(settlement_cap), rows)

    def compare_caps(self, connection: Connection, run_id: str, caps: Iterable[Cap]) -> None:
        """Keep beside them what they are after."""
        for cap in caps:
            mine = (_cap.run == run_id, _cap.participant == cap.participant, _cap.currency == cap.currency)
            connection.execute(sa.update(settlement_cap).where(*mine).values(_cap_row(cap, "after")))

    def restored(self, run_id: str, participant: str, currency: str, by: str) -> None:
        """Keep that a cap was put back."""
        mine = (_cap.run == run_id, _cap.participant == participant, _cap.currency == currency)
        values = {"restored_at": naive(self.clock()), "restored_by": by}
        with self.engine.begin() as connection:
            connection.execute(sa.update(settlement_cap).where(*mine).values(values))

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
        "plan": json.dumps(new.plan, sort_keys=True),
        "started_by": by.subject,
        "started_name": by.name,
        "started_username": by.username,
        "started_at": naive(now),
        "turn": 0,
        "problem": "",
    }


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


def _cap_row(cap: Cap, when: str) -> dict[str, str]:
    return {f"value_{when}": f"{cap.value:f}", f"alarm_{when}": f"{cap.alarm:f}"}


def _as_cap(row: Any) -> KeptCap:
    name, currency = row["participant"], row["currency"]
    before = Cap(name, currency, Decimal(row["value_before"]), Decimal(row["alarm_before"]))
    looked = row["value_after"] is not None
    after = Cap(name, currency, Decimal(row["value_after"]), Decimal(row["alarm_after"])) if looked else None
    return KeptCap(before, after, _aware(row["restored_at"]), row["restored_by"] or "")


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
