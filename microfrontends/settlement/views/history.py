"""Who asked for what of a settlement, why, who let it through, and what became of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from bff.change import telling
from bff.change.approvals import Changes
from bff.change.states import State
from bff.change.tasks import Task
from bff.change.wiring import changes_of_app
from bff.web.locale import spoken
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunState

Entry = dict[str, Any]
ENDS = (State.FAILED, State.EXPIRED, State.STALE, State.UNKNOWN)


def history(settlement_id: int, runs: Iterable[SettlementRun]) -> list[Entry]:
    """The entries that the piece `timeline` takes, the newest first."""
    changes, runs = changes_of_app(), tuple(runs)
    tasks = {task.id: task for task in changes.tasks.about([f"settlement:{settlement_id}"])}
    behind = (changes.tasks.find(run.id) for run in runs if run.id not in tasks)
    tasks |= {task.id: task for task in behind if task}
    entries = [
        entry for task in tasks.values() if task.wish.action in changes.actions for entry in _asked(changes, task)
    ]
    entries += [entry for run in runs for entry in _ran(run)]

    def moment(entry: Entry) -> datetime:
        at: datetime = entry["when"]
        return at

    return sorted(entries, key=moment, reverse=True)


def _asked(changes: Changes, task: Task) -> Iterator[Entry]:
    wish = task.wish
    yield {
        "when": task.made_at,
        "text": telling.sentence(task, changes.actions[wish.action]),
        "actor": wish.maker.name,
        "role": _roles(changes, wish.maker_roles),
        "note": wish.reason,
        "state": "PENDING" if task.state is State.PENDING else "OPEN",
    }
    said = {"approve": _("Approved it"), "reject": _("Rejected it"), "withdraw": _("Withdrew it")}
    for each in task.decisions:
        yield {
            "when": each.at,
            "text": said.get(each.verdict, each.verdict),
            "actor": each.person.name,
            "note": each.reason,
            "state": "APPROVED" if each.verdict == "approve" else "REJECTED",
        }
    if task.state in ENDS:
        text = _("It was not done") if task.state is not State.UNKNOWN else _("The outcome is not known")
        yield {"when": task.changed_at, "text": text, "note": task.problem, "state": str(task.state)}


def _ran(run: SettlementRun) -> Iterator[Entry]:
    if run.resumed_by and run.resumed_at:
        yield {"when": run.resumed_at, "text": _("Let the run go on"), "actor": run.resumed_by.name, "state": "OPEN"}
    if run.ended_at:
        done = run.state is RunState.DONE
        text = _("The run is done") if done else _("The run was given up")
        yield {"when": run.ended_at, "text": text, "note": run.problem, "state": "DONE" if done else "FAILED"}


def _roles(changes: Changes, names: Iterable[str]) -> str:
    book = changes.access.book
    return ", ".join(spoken(book.roles[name].title) if name in book.roles else name for name in names)
