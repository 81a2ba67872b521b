"""Several changes of one person in one call, as the Roles API has it: each an action of its own, answered by itself."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from bff import HubRefused, HubUnavailable, Missing, RuleBroken, asker
from bff.access.holding import Holding
from bff.change.states import State
from bff.change.tasks import Task
from bff.change.wiring import changes_of_app
from microfrontends.users.desk import desk

DONE = (State.DONE, State.EXECUTING, State.APPROVED)


@dataclass(frozen=True)
class Kind:
    """Roles or participants: the actions that give and take them, and how the command names them."""

    field: str
    give: str
    take: str

    def held(self, holding: Holding) -> frozenset[str]:
        """What of it somebody holds."""
        return holding.role_names if self.field == "role" else holding.participant_names


ROLES = Kind("role", "assign_role", "remove_role")
PARTICIPANTS = Kind("participant", "add_participant", "remove_participant")


@dataclass(frozen=True)
class Operation:
    """One thing to give ("insert") or to take ("delete")."""

    name: str
    action: str


def patch(kind: Kind, subject: str, operations: Sequence[Operation], body: dict[str, Any]) -> dict[str, Any]:
    """What became of each operation, in order. An operation that fails does not keep the next from being tried."""
    key = request.headers.get("Idempotency-Key", "")[:56] or secrets.token_urlsafe(16)
    version, outcomes = body["version"], []
    for number, operation in enumerate(operations):
        command = {"subject": subject, kind.field: operation.name, "reason": body["reason"], "version": version}
        outcomes.append(_outcome(kind, operation, command, f"{key}:{number}"))
        # What we have just changed ourselves is no surprise to us.
        version = desk().store.version(subject) if version and outcomes[-1]["state"] == State.DONE else version
    held = desk().store.holding(subject)
    return {"operations": outcomes, "holds": sorted(kind.held(held)), "version": held.version}


def _outcome(kind: Kind, operation: Operation, command: dict[str, Any], attempt: str) -> dict[str, Any]:
    told = {"id": operation.name, "action": operation.action, "ok": True, "status": 200}
    told |= {"state": "", "request": "", "problem": ""}
    gives = operation.action == "insert"
    if not command["version"] and (operation.name in kind.held(desk().store.holding(command["subject"]))) is gives:
        return told  # it is so already, and the writer did not say what they had seen
    try:
        task = changes_of_app().ask(f"users.{kind.give if gives else kind.take}", command, attempt, asker())
    except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
        return told | {"ok": False, "status": _status(problem), "problem": str(problem)}
    return told | _fate(task)


def _fate(task: Task) -> dict[str, Any]:
    done = task.state in DONE
    page = url_for("approvals.show", task_id=task.id)
    return {"status": 200 if done else 202, "state": str(task.state), "request": "" if done else page}


def _status(problem: Exception) -> int:
    if isinstance(problem, HubUnavailable):
        return 502
    return 404 if isinstance(problem, Missing) else 409
