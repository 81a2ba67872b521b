"""What a test does in a garden, in the words of those who work there."""

import re
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bff.access.rights import Access
from bff.change import caretaker
from bff.change.approvals import Changes
from bff.change.audit import AuditLog, Entry
from bff.change.states import State
from bff.change.tasks import Task
from bff.change.tests.garden import PEOPLE, RIGHTS, Gates, changes_of
from bff.identity.principal import Identity
from bff.testing import user_with

MOUNT = "/garden"
TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Scene:
    """A garden and its people."""

    app: Flask
    gates: Gates
    _attempts: Any = field(default_factory=count)

    @property
    def changes(self) -> Changes:
        """What the app does for its changes."""
        return changes_of(self.app)

    @property
    def audit(self) -> AuditLog:
        """What it remembers."""
        log: AuditLog = self.app.extensions["portal_audit"]
        return log

    def person(self, name: str, /, **claims: Any) -> FlaskClient:
        """A client of one of the people, with what their role gives."""
        role = PEOPLE[f"u-{name}"]
        told = {"sub": f"u-{name}", "username": name, "name": name.capitalize(), "roles": [role]}
        return user_with(self.app, *claims.pop("rights", RIGHTS[role]), **(told | claims))

    def identity(self, name: str) -> Identity:
        """Who one of the people is."""
        role = PEOPLE[f"u-{name}"]
        rights = frozenset(str(right) for right in RIGHTS[role])
        return Identity(f"u-{name}", name.capitalize(), name, frozenset(), True, rights, (role,), "", "")

    def ask(self, name: str = "greta", *, by_key: bool = False, reason: str = "rain", **more: str) -> str:
        """Have somebody ask to shut gate 1; the id of the request."""
        rule = "shut-by-key" if by_key else "shut"
        form = {"confirmed": "yes", "reason": reason, "attempt": f"attempt-{next(self._attempts)}", **more}
        answer = self.person(name).post(f"/gates/1/{rule}", data=form)
        assert answer.status_code == 303, answer.text
        assert f"{MOUNT}/approvals/" in answer.location
        return answer.location.rpartition("/")[2]

    def decide(self, name: str, task_id: str, verdict: str = "approve", **more: Any) -> TestResponse:
        """Have somebody decide on the page of a request."""
        claims = more.pop("claims", {})
        form = {"verdict": verdict, "sha256": self.task(task_id).sha256, "reason": "", **more}
        return self.person(name, **claims).post(f"/approvals/{task_id}", data=form)

    def decide_many(self, name: str, *decisions: dict[str, str], **claims: Any) -> list[dict[str, Any]]:
        """Have somebody decide on several; each needs an id, the rest is added where it is missing."""
        wanted = []
        for each in decisions:
            found = self.changes.tasks.find(each["id"])
            wanted.append({"verdict": "approve", "sha256": found.sha256 if found else "0" * 64, "reason": ""} | each)
        answer = self.person(name, **claims).post("/api/approvals/decisions", json={"decisions": wanted})
        assert answer.status_code == 200, answer.text
        return list(answer.get_json()["decisions"])

    def page(self, task_id: str, name: str = "wanda", **headers: str) -> str:
        """The words of a request's page."""
        answer = self.person(name).get(f"/approvals/{task_id}", headers=headers)
        assert answer.status_code == 200, answer.text
        return words(answer.text)

    def told(self, task_id: str, name: str = "wanda") -> dict[str, Any]:
        """A request as a program reads it."""
        told: dict[str, Any] = self.person(name).get(f"/api/approvals/{task_id}").get_json()
        return told

    def task(self, task_id: str) -> Task:
        """A request as it is kept."""
        found = self.changes.tasks.find(task_id)
        assert found is not None
        return found

    def state(self, task_id: str) -> State:
        """Where a request is."""
        return self.task(task_id).state

    def history(self, task_id: str) -> list[tuple[str, str]]:
        """What the audit has of a request: outcomes and by whom."""
        return [(str(entry.outcome), entry.actor.subject) for entry in self.entries(task_id)]

    def entries(self, task_id: str) -> list[Entry]:
        """The same in full."""
        return self.audit.history(task_id)

    def tend(self) -> None:
        """Let the caretaker go round once."""
        with self.app.app_context():
            caretaker.tend(self.changes)

    def revoke(self, name: str) -> None:
        """Take somebody's role away, past the portal."""
        access: Access = self.app.extensions["portal_access"]
        access.store.remove(f"u-{name}", PEOPLE[f"u-{name}"])
        access.forget(f"u-{name}")

    def sql(self, statement: str, **values: Any) -> None:
        """Write to the database past all code."""
        with self.changes.tasks.engine.begin() as connection:
            connection.execute(sa.text(statement), values)


def words(page: str) -> str:
    """What a page says, without its marks, with a plain apostrophe."""
    return " ".join(unescape(TAGS.sub(" ", page)).replace(chr(0x2019), "'").split())
