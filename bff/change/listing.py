"""Requests page by page, the latest change first; a page begins where the one before it ended, whatever comes then."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bff.change.approvals import Changes
from bff.change.states import State
from bff.change.store import Place
from bff.change.tasks import Task
from bff.identity.principal import Identity

BETWEEN = "~"


@dataclass(frozen=True)
class Page:
    """Some requests. `total`: at least so many follow from where the page begins; `next`: where another page begins."""

    tasks: list[Task]
    total: int
    next: str = ""


def page(
    changes: Changes, who: Identity, states: Collection[State], wanted: Callable[[Task], bool], cut: tuple[str, int]
) -> Page:
    """Those in these states that a person may know of and that are wanted. `cut`: where to begin, and how many."""
    after, size = cut
    found: list[Task] = []
    place: Place | None = place_of(after) if after else None
    while True:
        known, place = changes.older(who, states, place)
        found += [task for task in known if wanted(task)]
        if place is None or len(found) > size:
            break
    on = written(found[size - 1]) if size and len(found) > size else ""
    return Page(found[:size], len(found), on)


def written(task: Task) -> str:
    """Where the page after this task begins."""
    return f"{task.changed_at.isoformat()}{BETWEEN}{task.id}"


def place_of(after: str) -> Place:
    """The same, read. Raises ValueError."""
    at, between, task = after.partition(BETWEEN)
    moment = datetime.fromisoformat(at)
    if not between or not task or moment.tzinfo is None:
        raise ValueError(after)
    return Place(moment, task)
