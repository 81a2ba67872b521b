"""What the databases and the hub say of the changes that were asked for: each that was answered as done, once."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bff.change.audit_live import verify_live
from bff.change.audit_reading import Reading
from bff.change.heads import AuditKeys
from bff.database import engine_for
from sandbox.up.plan import APPS, Plan
from tests.chaos.changes import Fate, Wish
from tests.chaos.servers import PostgreSQL


@dataclass(frozen=True)
class Traces:
    """How often each key is found: as a request, as one that the audit says was done, and as what it changed."""

    tasks: Counter[str]
    done: Counter[str]
    effects: Counter[str]

    def lost(self, wishes: Iterable[Wish]) -> list[Wish]:
        """Those answered as done of which one of the three is missing."""
        done = (wish for wish in wishes if wish.fate is Fate.DONE)
        return [wish for wish in done if not all(found[wish.key] for found in (self.tasks, self.done, self.effects))]

    def doubled(self, wishes: Iterable[Wish]) -> list[Wish]:
        """Those, however answered, of which one is there more than once; and those refused and done."""
        return [
            wish
            for wish in wishes
            if any(found[wish.key] > 1 for found in (self.tasks, self.done, self.effects))
            or (wish.fate is Fate.REFUSED and self.done[wish.key])
        ]


def traces(server: PostgreSQL, plan: Plan, wishes: list[Wish]) -> Traces:
    """Look everywhere."""
    found = Traces(Counter(), Counter(), Counter())
    members = Counter(_rows(server, "access", "SELECT subject, participant FROM participant_membership"))
    closings = _closings(plan)
    changed = Counter(task for (task,) in _rows(server, "shell", "SELECT task FROM registry_change"))
    by_app: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        by_app[wish.app].append(wish)
    for app, mine in by_app.items():
        tasks = dict(_rows(server, app, "SELECT id, attempt FROM change_task"))
        audited = Counter(task for (task,) in _rows(server, app, "SELECT task FROM audit_entry WHERE outcome = 'done'"))
        found.tasks.update(tasks.values())
        for task, key in tasks.items():
            found.done[key] += audited[task]
            found.effects[key] += changed[task] if app == "shell" else 0
        for wish in mine:
            found.effects[wish.key] += closings[wish.key]
            if app == "users":
                found.effects[wish.key] += members[wish.path.split("/")[4], wish.body["participant"]]
    return found


def broken_chains(plan: Plan) -> list[str]:
    """The apps whose audit is not whole, with what is wrong."""
    problems = []
    for app in APPS:
        engine, keys = engine_for(plan.database(app)), AuditKeys(plan.folder / app / "audit-keys.json")
        verdict = verify_live(Reading(engine, keys, app), keys.now().public, None)
        engine.dispose()
        if verdict.finding:
            problems.append(f"{app}: {verdict.finding}")
    return problems


def _closings(plan: Plan) -> Counter[str]:
    """How many windows were closed for each reason, as the hub's database has it."""
    path = Path(plan.database("hub").removeprefix("sqlite:///"))
    asked = (
        "SELECT settlementWindowId, reason FROM settlementWindowStateChange "
        # The window that is opened in its place is opened for the same reason.
        "WHERE reason LIKE 'chaos-%' AND settlementWindowStateId <> 'OPEN'"
    )
    with closing(sqlite3.connect(path)) as connection:
        # A window goes through several states for one reason.
        closed = {(number, reason.split()[0]) for number, reason in connection.execute(asked)}
    return Counter(key for _, key in closed)


def _rows(server: PostgreSQL, database: str, query: str) -> list[tuple[Any, ...]]:
    url = server.url(database).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
