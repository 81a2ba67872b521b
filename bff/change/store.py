"""Where tasks are kept: every change of state is one compare-and-set, so that of two at one instant one wins."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Engine

from bff.change.states import OPEN, State, may_become
from bff.change.table import change_decision, change_task
from bff.change.tasks import Decision, Task, Wish, digest, naive
from bff.run import Person

MOST = 500  # tasks in one listing
log = structlog.get_logger()


@dataclass(frozen=True)
class Place:
    """A task's place among all of them, the latest change first."""

    changed_at: datetime
    id: str


class Tasks:
    """The tasks of one app."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def insert(self, connection: Connection, task: Task, attempt: str) -> None:
        """Keep a new task. Raises IntegrityError when its target has an open one, or the attempt was made before."""
        wish = task.wish
        values = {
            "id": task.id,
            "action": wish.action,
            "target": wish.target,
            "open_target": wish.target,
            "state": task.state,
            "maker": wish.maker.subject,
            "attempt": attempt,
            "required": wish.terms.approvals,
            "body": wish.body(),
            "sha256": task.sha256,
            "made_at": naive(task.made_at),
            "expires_at": naive(task.expires_at),
            "changed_at": naive(task.changed_at),
            "turn": 0,
        }
        connection.execute(sa.insert(change_task).values(values))

    def find(self, task_id: str) -> Task | None:
        """The task with its decisions; none that was altered since it was hashed."""
        return next(iter(self._read(change_task.c.id == task_id)), None)

    def by_attempt(self, maker: str, action: str, attempt: str) -> Task | None:
        """The task that this attempt of this person made."""
        column = change_task.c
        return next(
            iter(self._read(column.maker == maker, column.action == action, column.attempt == attempt)),
            None,
        )

    def open_on(self, targets: Collection[str]) -> dict[str, Task]:
        """The open tasks of these targets."""
        found = self._read(change_task.c.open_target.in_(list(targets))) if targets else []
        return {task.wish.target: task for task in found}

    def about(self, targets: Collection[str]) -> list[Task]:
        """Every task that these targets ever had, the latest change first, MOST at most."""
        return self._read(change_task.c.target.in_(list(targets))) if targets else []

    def listing(self, states: Iterable[State]) -> list[Task]:
        """The tasks in these states, the latest change first, MOST at most."""
        return self._read(change_task.c.state.in_([str(state) for state in states]))

    def older(self, states: Iterable[State], than: Place | None) -> tuple[list[Task], Place | None]:
        """The next MOST at most after a place, and the place of the last; None where there are no more."""
        column = change_task.c
        conditions: list[Any] = [column.state.in_([str(state) for state in states])]
        if than:
            at = naive(than.changed_at)
            same = sa.and_(column.changed_at == at, column.id < than.id)
            conditions.append(sa.or_(column.changed_at < at, same))
        rows, tasks = self._rows(conditions, (column.changed_at.desc(), column.id.desc()))
        # By the rows, not by the tasks: one that was altered is not shown, and must not end the list.
        last = rows[-1] if len(rows) == MOST else None
        return tasks, Place(last["changed_at"].replace(tzinfo=UTC), last["id"]) if last else None

    def due(self, state: State, before: datetime) -> list[Task]:
        """The tasks that have been in a state since before a moment, MOST at most, the oldest first."""
        column = change_task.c
        return self._read(column.state == state, column.changed_at < naive(before), order=column.changed_at)

    def overdue(self, now: datetime) -> list[Task]:
        """The tasks that nobody decided in time, MOST at most, the oldest first."""
        column = change_task.c
        return self._read(column.state == State.PENDING, column.expires_at <= naive(now), order=column.expires_at)

    def move(self, connection: Connection, task: Task, after: State, **values: Any) -> bool:
        """Bring a task from the state it was read in to another; False when somebody else was first."""
        if not may_become(task.state, after):
            raise AssertionError(f"no way leads from {task.state} to {after}")
        column = change_task.c
        unchanged = [column.id == task.id, column.state == task.state]
        if task.claim:
            unchanged.append(column.claim == task.claim)
        freed = {} if after in OPEN else {"open_target": None}
        kept = {"state": after, "changed_at": naive(datetime.now(UTC)), **freed, **values}
        moved = connection.execute(sa.update(change_task).where(*unchanged).values(kept))
        return moved.rowcount == 1

    def hold(self, connection: Connection, task: Task) -> bool:
        """Take the row's lock for this transaction, if the task is still in the state it was read in."""
        column = change_task.c
        held = connection.execute(
            sa.update(change_task).where(column.id == task.id, column.state == task.state).values(turn=column.turn + 1)
        )
        return held.rowcount == 1

    def decide(self, connection: Connection, task: Task, decision: Decision) -> None:
        """Keep a decision. Raises IntegrityError for a second one of one person, and for own work."""
        person = decision.person
        values = {"task": task.id, "maker": task.wish.maker.subject, "subject": person.subject, "name": person.name}
        told = {"username": person.username, "verdict": decision.verdict, "reason": decision.reason}
        connection.execute(
            sa.insert(change_decision).values(**values, **told, sha256=decision.sha256, at=naive(decision.at))
        )

    def approvers(self, connection: Connection, task: Task) -> list[str]:
        """Who has approved exactly these bytes, as this transaction sees it."""
        column = change_decision.c
        query = sa.select(column.subject).where(
            column.task == task.id, column.verdict == "approve", column.sha256 == task.sha256
        )
        return list(connection.execute(query).scalars())

    def _read(self, *conditions: Any, order: Any = None) -> list[Task]:
        newest_first = change_task.c.changed_at.desc()
        return self._rows(conditions, (newest_first if order is None else order,))[1]

    def _rows(self, conditions: Collection[Any], order: Collection[Any]) -> tuple[Sequence[Any], list[Task]]:
        query = sa.select(change_task).where(*conditions).limit(MOST).order_by(*order)
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            decisions = _decisions(connection, [row["id"] for row in rows])
        read = (_task_or_none(row, decisions.get(row["id"], [])) for row in rows if _is_genuine(row))
        return rows, [task for task in read if task]


def _decisions(connection: Connection, tasks: list[str]) -> dict[str, list[Decision]]:
    if not tasks:
        return {}
    column, found = change_decision.c, dict[str, list[Decision]]()
    query = sa.select(change_decision).where(column.task.in_(tasks)).order_by(column.at)
    for row in connection.execute(query).mappings():
        person = Person(row["subject"], row["name"], row["username"])
        decision = Decision(person, row["verdict"], row["reason"], row["sha256"], row["at"].replace(tzinfo=UTC))
        found.setdefault(row["task"], []).append(decision)
    return found


def _is_genuine(row: Any) -> bool:
    """Whether the bytes are those that were hashed. Others are shown to nobody and never executed."""
    genuine: bool = digest(row["body"]) == row["sha256"]
    if not genuine:
        log.error("task_altered", task=row["id"])
    return genuine


def _task_or_none(row: Any, decisions: list[Decision]) -> Task | None:
    """The task of a row. One that this version cannot read must not keep all others from being seen."""
    try:
        return _task(row, decisions)
    except (KeyError, TypeError, ValueError) as problem:
        log.error("task_unreadable", task=row["id"], problem=repr(problem))
        return None


def _task(row: Any, decisions: list[Decision]) -> Task:
    return Task(
        id=row["id"],
        state=State(row["state"]),
        wish=Wish.of(row["body"]),
        sha256=row["sha256"],
        made_at=row["made_at"].replace(tzinfo=UTC),
        expires_at=row["expires_at"].replace(tzinfo=UTC),
        changed_at=row["changed_at"].replace(tzinfo=UTC),
        decisions=tuple(decisions),
        claim=row["claim"],
        outcome=json.loads(row["outcome"]) if row["outcome"] else None,
        trouble=row["problem"] or "",
    )
