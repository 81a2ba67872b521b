"""Gives the apps' databases their tables, and the access store its first roles; looks again only when there is news."""

import json
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from sandbox.provider.people import Person
from sandbox.up.plan import APPS, Plan

ROOT = Path(__file__).parents[2]
GROUP = "bizops.databases"
LIBRARYS = "bff.change:migrations"
GIVER = "bizops up"


def prepare(plan: Plan, people: Iterable[Person]) -> None:
    """Upgrade every database, and assign the demo users' roles the first time."""
    stamp = plan.folder / "databases.json"
    revisions = {name: _revisions(places) for name, places in _migrations().items()}
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    if before == revisions and all((plan.folder / f"{name}.db").exists() for name in revisions):
        return
    _upgrade(plan)
    if "access" not in before:
        assign(plan.access_database, people)
    stamp.write_text(json.dumps(revisions, indent=2))


def _migrations() -> dict[str, list[str]]:
    """Whose tables each database holds: the library's in every app's own, and what the app brings."""
    brought = {point.name: point.value for point in entry_points(group=GROUP)}
    own = {name: [LIBRARYS, *([brought[name]] if name in brought else [])] for name in APPS}
    return {"access": [brought["access"]], **own}


def _revisions(places: list[str]) -> list[str]:
    found = []
    for where in places:
        package, _, folder = where.partition(":")
        found += sorted(
            str(path.relative_to(ROOT)) for path in (ROOT / package.replace(".", "/") / folder).rglob("0*.py")
        )
    return found


def _upgrade(plan: Plan) -> None:
    from bff.database import upgrade  # loads SQLAlchemy and Alembic, which most starts do without

    for name, places in _migrations().items():
        for where in places:
            upgrade(plan.database(name), where)


def assign(access_database: str, people: Iterable[Person]) -> None:
    """Write the roles and participants of the sandbox's people into the access store."""
    from bff.access.assignments import SqlAssignments

    assignments = SqlAssignments(access_database)
    for person in people:
        for role in person.roles:
            assignments.assign(person.subject, role, GIVER)
        for participant in person.participants:
            assignments.add_participant(person.subject, participant, GIVER)
