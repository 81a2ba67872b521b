"""A run in a few lines: each phase with how many of its steps are done, who saw to it, and the hub's words."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.web.formats import clock
from microfrontends.settlement.run.reading import Ladder
from microfrontends.settlement.run.records import Step
from microfrontends.settlement.run.states import RunState, StepKind, StepState

PHASES: tuple[tuple[Any, tuple[StepKind, ...]], ...] = (
    (_l("Settlement created"), (StepKind.CREATE,)),
    (_l("Transfers recorded"), (StepKind.RECORD,)),
    (_l("Net debit caps kept"), (StepKind.KEEP_CAPS,)),
    (_l("Transfers reserved"), (StepKind.RESERVE,)),
    (_l("Net debit caps compared"), (StepKind.COMPARE_CAPS,)),
    (_l("Position accounts disabled"), (StepKind.DISABLE,)),
    (_l("Net debit caps set"), (StepKind.SET_CAP,)),
    (_l("Funds out of net senders"), (StepKind.RESERVE_FUNDS_OUT, StepKind.COMMIT_FUNDS_OUT)),
    (_l("Funds into net recipients"), (StepKind.FUNDS_IN,)),
    (_l("Accounts committed"), (StepKind.COMMIT,)),
    (_l("Accounts settled"), (StepKind.SETTLE,)),
)
BUSY = (StepState.SENT, StepState.WAITING)


def phases(ladder: Ladder, zone: str) -> list[dict[str, Any]]:
    """The run as the piece `ladder` takes it. Phases in which it has nothing to do are left out."""
    by_kind: dict[StepKind, list[Step]] = {}
    for step in ladder.steps:
        by_kind.setdefault(step.kind, []).append(step)
    found = [(title, [step for kind in kinds for step in by_kind.get(kind, ())]) for title, kinds in PHASES]
    running = ladder.run.state is RunState.RUNNING
    return [_phase(title, steps, zone, running) for title, steps in found if steps]


def _phase(title: Any, steps: Sequence[Step], zone: str, running: bool) -> dict[str, Any]:
    over = [step for step in steps if step.state.over]
    failed = [step for step in steps if step.state is StepState.FAILED]
    busy = [step for step in steps if step.state in BUSY]
    last = max((step for step in over if step.done_at), key=lambda step: str(step.done_at), default=None)
    return {
        "title": str(title),
        "state": _state(len(over), len(steps), bool(failed), running and bool(busy or over)),
        "who": last.who if last and not busy else "",
        "when": last.done_at if last and len(over) == len(steps) else None,
        "text": _text(len(over), len(steps), busy, zone),
        "words": _hub_words(failed[0]) if failed else None,
    }


def _state(over: int, total: int, failed: bool, moving: bool) -> str:
    if failed:
        return "FAILED"
    if over == total:
        return "DONE"
    return "DOING" if moving else "WAITING"


def _text(over: int, total: int, busy: Sequence[Step], zone: str) -> str:
    said = [_("%(done)s of %(total)s", done=over, total=total)] if total > 1 else []
    waiting = next((step for step in busy if step.sent_at), None)
    if waiting:
        who = f"{waiting.participant} {waiting.currency}".strip()
        said += [who] if who else []
        said.append(_("waiting since %(since)s", since=clock(waiting.sent_at, zone)))
        said += [waiting.problem] if waiting.problem else []
    return " · ".join(said)


def _hub_words(step: Step) -> str:
    return f"{step.code} {step.words}".strip() or step.problem
