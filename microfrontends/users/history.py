"""What was done and tried with one person, told from the audit: a line for each request, and for each refusal."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import audit_log
from bff.change.audit import AuditQuery, Entry, Outcome
from microfrontends.users.actions import ACTIONS
from microfrontends.users.desk import desk

LATEST = 100  # entries that are looked at; the audit has them all
KINDS = {f"users.{kind.name}": kind for kind in ACTIONS}
OUTCOMES = {
    Outcome.REQUESTED: _l("asked for, waits for approval"),
    Outcome.INTENT: _l("begun, not ended"),
    Outcome.DONE: _l("done"),
    Outcome.FAILED: _l("failed"),
    Outcome.UNKNOWN: _l("outcome not known"),
    Outcome.REFUSED: _l("refused"),
    Outcome.APPROVED: _l("approved"),
    Outcome.REJECTED: _l("rejected"),
    Outcome.WITHDRAWN: _l("withdrawn"),
    Outcome.EXPIRED: _l("expired"),
    Outcome.STALE: _l("overtaken by another change"),
}


def history_of(subject: str) -> list[dict[str, Any]]:
    """The newest first, as the piece `timeline` takes it. Who merely looked stands in the audit alone."""
    query = AuditQuery(target=f"person:{subject}", action="users.*", limit=LATEST)
    requests: dict[str, list[Entry]] = {}
    for entry in audit_log().entries(query).entries:
        if entry.action in KINDS:
            requests.setdefault(entry.task or f"refused {entry.seq}", []).append(entry)
    return [_line(steps[0], steps[::-1]) for steps in requests.values()]


def _line(last: Entry, steps: list[Entry]) -> dict[str, Any]:
    """One request: what became of it by its last step, who asked by its first, and what anybody said on the way."""
    kind, first, outcome = KINDS[last.action], steps[0], Outcome(last.outcome)
    spoke = [step for step in steps if step.reason and step.outcome not in (Outcome.INTENT, Outcome.DONE)]
    said = [_("%(name)s: %(words)s", name=step.actor.name, words=step.reason) for step in spoke]
    approvers = [step.actor.name for step in steps if step.outcome == Outcome.APPROVED]
    if approvers:
        said.append(_("Approved by %(names)s.", names=", ".join(approvers)))
    return {
        "when": last.at,
        "text": _("%(what)s: %(outcome)s", what=kind.title, outcome=OUTCOMES.get(outcome, outcome)),
        "actor": first.actor.name,
        "role": ", ".join(desk().role(role) for role in first.actor.roles),
        "state": outcome.upper(),
        "note": " ".join(said),
        "difference": [
            {
                "field": str(label),
                "before": last.before.get(key, ""),
                "after": last.after.get(key, ""),
                "kind": "state" if key == "state" else "text",
            }
            for key, label in kind.labels.items()
            if key in last.before or key in last.after
        ],
    }
