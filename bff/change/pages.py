"""The page of a request: what, why, by whom, what it would do now, and the decision of whoever may take one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff.access.permissions import signed_in
from bff.change import telling, words
from bff.change.actions import Effect
from bff.change.approvals import Changes
from bff.change.drafts import Drafts
from bff.change.entitlement import why_not
from bff.change.execution import Lost
from bff.change.states import State
from bff.change.stepping import DRAFT, to_stronger_login
from bff.change.tasks import Task
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken, StepUpNeeded
from bff.identity.principal import Identity
from bff.web.layout import asker, render
from bff.web.locale import spoken

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Pages:
    """`approvals.show` and `approvals.decide`. Who may see or decide is asked of each request, not of the route."""

    changes: Changes
    drafts: Drafts

    def blueprint(self) -> Blueprint:
        """Both routes."""
        made = Blueprint("approvals", __name__)
        one = "/approvals/<task_id>"
        made.add_url_rule(one, "show", signed_in(lambda task_id: self.show(task_id)), methods=["GET"])
        made.add_url_rule(one, "decide", signed_in(lambda task_id: self.decide(task_id)), methods=["POST"])
        return made

    def show(self, task_id: str) -> Response:
        """The request as it is now; looking settles what time or its target has settled."""
        task = self.changes.look_again(self.changes.find(task_id, asker()))
        kept = self.drafts.find(request.args.get(DRAFT, ""), asker().subject)
        return self._page(task, reason=kept.get("reason", ""))

    def decide(self, task_id: str) -> AnyResponse:
        """One decision, on exactly what was shown."""
        who, sent = asker(), request.form
        task = self.changes.find(task_id, who)
        reason = words.one_line(sent.get("reason", ""))
        if len(reason) > LONGEST_REASON:
            told = {"count": len(reason), "most": LONGEST_REASON}
            error = _("The reason has %(count)s characters; shorten it to %(most)s.", **told)
            return self._page(task, 422, reason=reason, problem=error)
        try:
            self.changes.decide(task, sent.get("verdict", ""), sent.get("sha256", ""), reason, who)
        except StepUpNeeded as needed:
            return to_stronger_login(needed, self.drafts, {"reason": reason})
        except Lost as lost:
            return redirect(url_for("approvals.show", task_id=lost.task.id), 303)
        except RuleBroken as problem:
            return self._page(self.changes.find(task_id, who), 409, reason=reason, problem=str(problem))
        except (HubRefused, HubUnavailable):
            after = self.changes.find(task_id, who)
            if after.state is State.PENDING:
                return self._page(after, 502, reason=reason, problem=telling.undecided())
            # Its fate is kept with the task, in the hub's own words.
        return redirect(url_for("approvals.show", task_id=task_id), 303)

    def _page(self, task: Task, status: int = 200, *, reason: str = "", problem: str = "") -> Response:
        who, action = asker(), self.changes.actions[task.wish.action]
        now = self._now(task)
        return render(
            "change/task.html",
            title=telling.verb(task, action),
            status=status,
            task=task,
            told=telling.told(task, action, who),
            roles=self._roles(task.wish.maker_roles),
            danger=action.danger,
            repeatable=action.repeatable,
            would=telling.changes(now, action) if now else None,
            warnings=now.warnings if now else (),
            amounts=telling.amounts(task.wish.effect, now) if now else [],
            details=action.details if now else "",
            shown=now.shown if now else {},
            asked=telling.changes(task.wish.effect, action),
            moved=telling.moved(task, action),
            follows=telling.what_follows(task.wish.terms, self.changes.access.book),
            obstacle=why_not(task, action, who),
            history=self._history(task),
            back=action.back(action.schema().load(dict(task.wish.command))),
            reason=reason,
            problem=problem,
        )

    def _now(self, task: Task) -> Effect | None:
        """The effect recomputed, while somebody decides on it; None where it is over, or the hub does not say."""
        if task.state is not State.PENDING:
            return None
        action = self.changes.actions[task.wish.action]
        try:
            return action.effect(action.schema().load(dict(task.wish.command)))
        except (HubRefused, HubUnavailable, Missing, RuleBroken):
            return None

    def _roles(self, names: Iterable[str]) -> str:
        """Roles in the reader's words; one that no file defines any more by its name."""
        book = self.changes.access.book
        return ", ".join(spoken(book.roles[name].title) if name in book.roles else name for name in names)

    def _history(self, task: Task) -> list[dict[str, Any]]:
        entries = reversed(self.changes.audit.history(task.id))
        return [
            {
                "when": entry.at,
                "text": _step(str(entry.outcome)),
                "actor": entry.actor.name,
                "role": self._roles(entry.actor.roles),
                "note": entry.reason,
                "state": str(entry.outcome),
            }
            for entry in entries
        ]


STEPS = {
    "requested": lambda: _("Asked for it"),
    "approved": lambda: _("Approved it"),
    "rejected": lambda: _("Rejected it"),
    "withdrawn": lambda: _("Withdrew it"),
    "expired": lambda: _("Nobody decided in time"),
    "stale": lambda: _("What it would change has changed"),
    "intent": lambda: _("Began to carry it out"),
    "done": lambda: _("Carried it out"),
    "failed": lambda: _("It failed"),
    "unknown": lambda: _("The outcome is not known"),
    "refused": lambda: _("Was refused"),
}


def _step(outcome: str) -> str:
    return STEPS[outcome]() if outcome in STEPS else outcome


def waiting_for(changes: Changes, who: Identity) -> list[Task]:
    """The open requests that this person may decide now."""
    pending = changes.listing(who, {State.PENDING})
    return [task for task in pending if not why_not(task, changes.actions[task.wish.action], who)]
