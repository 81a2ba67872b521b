"""Micro-frontends that hold tasks, for the tests of the approvals page."""

import json
from typing import Any

from shell.decisions import value_of
from shell.registry import MicroFrontend
from shell.tasks import read
from shell.tests.apps import Asked, Route, told
from shell.tests.conftest import Portal, serves_manifest
from shell.tests.scripted import Peer

SHA = "5" * 64
LIST = "/api/approvals"


def task(name: str = "alpha", number: str = "t1", **more: Any) -> dict[str, Any]:
    """A task as an app tells of it."""
    return {
        "id": number,
        "action": f"{name}.shut_gate",
        "title": "Shut a gate",
        "sentence": f"Shut gate {number}.",
        "target": f"gate:{number}",
        "href": f"/{name}/approvals/{number}",
        "state": "PENDING",
        "maker": {"subject": "u-maker", "name": "Mary Maker"},
        "made_at": "2026-11-22T09:00:00+00:00",
        "expires_at": "2026-11-23T09:00:00+00:00",
        "reason": "",
        "participants": [],
        "amounts": [{"currency": "USD", "amount": "1234.50"}],
        "required": 2,
        "given": 1,
        "sha256": SHA,
        "may": {"approve": True, "reject": True, "withdraw": False},
        "why_not": "",
        **more,
    }


def holding(name: str, *tasks: Any, **more: Any) -> dict[str, Route]:
    """The routes of an app that holds tasks and lets every decision through; `more` stands in its list's answer."""
    listed = {"approvals": list(tasks), "total": len(tasks), "waiting": len(tasks), **more}
    return {
        "/manifest.json": with_approvals(name),
        LIST: told(listed),
        f"{LIST}/decisions": decides(),
    }


def with_approvals(name: str, href: str = LIST) -> Route:
    return serves_manifest(name, interfaces=[{"name": "approvals", "href": href}])


def decides(**answers: dict[str, Any]) -> Route:
    """A route that answers each decision; `answers` by task id, what is not among them is done."""

    def route(peer: Peer, asked: Asked) -> None:
        ids = [each["id"] for each in json.loads(asked.body)["decisions"]]
        done = {"ok": True, "state": "DONE", "problem": "", "step_up": ""}
        told({"decisions": [{"id": each, **done, **answers.get(each, {})} for each in ids]})(peer, asked)

    return route


def value(made: Portal, name: str = "alpha", number: str = "t1", **more: Any) -> str:
    """A task as the value of its checkbox."""
    app: MicroFrontend | None = made.platform.registry.get(name)
    assert app is not None
    return value_of(read(app, task(name, number, **more)))
