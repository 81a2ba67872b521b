"""Looks after tasks that nobody is looking at: those out of time, those whose process died, those without an answer."""

import threading
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask

from bff.change.approvals import Changes
from bff.change.audit import SYSTEM
from bff.change.states import State
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken

EVERY_S = 15.0
UNBEGUN = timedelta(seconds=10)  # an approved task begins in the request that approved it; later, that has died
log = structlog.get_logger()


def tend(changes: Changes) -> None:
    """One round. Any number of processes may tend the same tasks: each change of state is won by one of them."""
    now = datetime.now(UTC)
    for task in changes.tasks.listing({State.PENDING}):
        if now >= task.expires_at:
            changes.refreshed(task, SYSTEM)
    for task in changes.tasks.due(State.APPROVED, now - UNBEGUN):
        try:
            changes.execute(task, actor=SYSTEM)
        except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
            log.warning("task_not_executed", task=task.id, problem=str(problem))
    for state in (State.EXECUTING, State.UNKNOWN):
        for task in changes.tasks.due(state, now):
            try:
                changes.execution.resolve(task, SYSTEM)
            except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
                log.warning("task_not_resolved", task=task.id, problem=str(problem))


def start(app: Flask, every_s: float = EVERY_S) -> None:
    """Tend the app's tasks in a thread of this process, for as long as it lives."""
    changes: Changes | None = app.extensions.get("portal_changes")
    if changes is None or not changes.actions:
        return

    def rounds() -> None:
        pause = threading.Event()
        while not pause.wait(every_s):
            try:
                with app.app_context():
                    tend(changes)
            except Exception:  # the database may be away for a while; the next round tries again
                log.exception("caretaker_failed")

    threading.Thread(target=rounds, name="caretaker", daemon=True).start()
