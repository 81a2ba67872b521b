"""Looks after tasks that nobody is looking at: those out of time, those whose process died, those without an answer."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from bff.change.approvals import Changes
from bff.change.audit import SYSTEM, AuditQuery, Happening, Outcome
from bff.change.states import State
from bff.change.tasks import Task
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken

POLICY = "approval.policy"
EVERY_S = 15.0
SOON_S = 0.5  # until there are tables
UNBEGUN = timedelta(seconds=10)  # an approved task begins in the request that approved it; later, that has died
log = structlog.get_logger()


def tend(changes: Changes) -> None:
    """One round. Any number of processes may tend the same tasks: each change of state is won by one of them."""
    now = datetime.now(UTC)
    for task in changes.tasks.overdue(now):
        _see_to(task, changes, changes.refreshed)
    for task in changes.tasks.due(State.APPROVED, now - UNBEGUN):
        _see_to(task, changes, lambda task: changes.execute(task, actor=SYSTEM))
    for state in (State.EXECUTING, State.UNKNOWN):
        for task in changes.tasks.due(state, now):
            _see_to(task, changes, lambda task: changes.execution.resolve(task, SYSTEM))


def _see_to(task: Task, changes: Changes, step: Callable[[Task], Task]) -> None:
    """One task. Whatever is wrong with it must not keep the others waiting."""
    if task.wish.action not in changes.actions:
        log.warning("task_of_no_action", task=task.id, action=task.wish.action)
        return
    try:
        step(task)
    except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
        log.warning("task_not_settled", task=task.id, state=task.state, problem=str(problem))
    except Exception:
        log.exception("task_not_settled", task=task.id, state=task.state)


def note_policy(changes: Changes) -> str:
    """Keep in the audit under which policy requests are let through, where that is another than before; its digest."""
    last = next(iter(changes.audit.entries(AuditQuery(action=POLICY, limit=1)).entries), None)
    before, now = str(last.after["sha256"]) if last else "", changes.policy.digest
    if before != now:
        rules = {"sha256": now, "rules": len(changes.policy.rules)}
        happening = Happening(action=POLICY, outcome=Outcome.DONE, before={"sha256": before}, after=rules)
        changes.audit.attempt(happening, SYSTEM)
    return now


def _first_note(changes: Changes) -> str:
    """The policy that is noted as the app starts; none where its database has no tables yet, or is away."""
    with suppress(SQLAlchemyError):  # readiness says which of both
        return note_policy(changes)
    return ""


def start(app: Flask, every_s: float = EVERY_S) -> None:
    """Tend the app's tasks in a thread of this process, for as long as it lives."""
    changes: Changes | None = app.extensions.get("portal_changes")
    if changes is None or not changes.actions:
        return
    first = _first_note(changes)
    if not first:
        log.info("policy_not_noted_yet")

    def rounds() -> None:
        pause, noted = threading.Event(), first
        while not pause.wait(every_s if noted else min(every_s, SOON_S)):
            try:
                with app.app_context():
                    if not noted:
                        noted = _first_note(changes)
                    elif noted != changes.policy.digest:
                        noted = note_policy(changes)
                    if noted:
                        tend(changes)
            except Exception:  # the database may be away for a while; the next round tries again
                log.exception("caretaker_failed")

    threading.Thread(target=rounds, name="caretaker", daemon=True).start()
