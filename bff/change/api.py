"""The same for programs: each action's endpoint, the requests that wait, and decisions with an answer for each."""

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from flask import abort, request
from flask.views import MethodView
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import RAISE, ValidationError

from bff.access.permissions import requires, signed_in
from bff.change import telling
from bff.change.actions import Action
from bff.change.api_schemas import DecisionsSchema, DetailSchema, ListingSchema, OutcomesSchema, ShowSchema, TaskSchema
from bff.change.approvals import Changes
from bff.change.entitlement import why_not
from bff.change.listing import page
from bff.change.pages import waiting_for
from bff.change.states import OPEN, State
from bff.change.stepping import login_url
from bff.change.tasks import Task
from bff.errors import HubRefused, HubUnavailable, Missing, NotPermitted, RuleBroken, StepUpNeeded
from bff.web.api import unprocessable
from bff.web.layout import asker

IDEMPOTENCY = {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 64}}
MISCARRIED = frozenset({State.STALE, State.EXPIRED, State.FAILED, State.UNKNOWN})
log = structlog.get_logger()
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def described(changes: Changes) -> Blueprint:
    """The blueprint of all actions' endpoints and of /api/approvals."""
    made = Blueprint("changes", __name__, url_prefix="/api", description="Changes, and who lets them through")
    for name, action in changes.actions.items():
        _add_endpoint(made, changes, name, action)
    _add_approvals(made, changes)
    return made


def _add_endpoint(made: Blueprint, changes: Changes, name: str, action: Action) -> None:
    of_path = tuple(_ARGUMENT.findall(action.rule))
    body = action.schema(exclude=of_path, unknown=RAISE)

    def known_only(view: Callable[..., Any]) -> Callable[..., Any]:
        """Before the body is read: whoever may not know of such objects learns nothing of what they look like."""

        @wraps(view)
        def checked(**path: Any) -> Any:
            action.refuse_strangers(asker())
            return view(**path)

        return checked

    def post(_self: MethodView, sent: dict[str, Any], **path: Any) -> dict[str, Any]:
        attempt = request.headers.get("Idempotency-Key", "") or secrets.token_urlsafe(16)
        try:
            command = action.schema().load({**action.schema(exclude=of_path).dump(sent), **path})
            task = changes.ask(name, command, attempt, asker())
        except ValidationError as problem:
            abort(unprocessable({"path": problem.messages_dict}))
        return telling.told(task, action, asker())

    view: Callable[..., Any] = made.arguments(body)(post)
    view = made.response(202, TaskSchema)(view)
    view = made.doc(summary=_plain(action), parameters=[IDEMPOTENCY])(view)
    parts = {"post": requires(action.permission)(view), "decorators": [known_only]}
    kind = type(f"{action.name}_endpoint", (MethodView,), parts)
    made.route(action.rule, endpoint=action.name)(kind)


def _plain(action: Action) -> str:
    """The action's title in English, whatever language is spoken when the app is made."""
    message = getattr(action.title, "_args", None) or (str(action.title),)
    return str(message[0])


def _add_approvals(made: Blueprint, changes: Changes) -> None:
    @made.route("/approvals", endpoint="list")
    class Listing(MethodView):
        """Requests that a person may know of."""

        @signed_in
        @made.arguments(ShowSchema, location="query")
        @made.response(200, ListingSchema)
        def get(self, query: dict[str, Any]) -> dict[str, Any]:
            """List requests for change: waiting for the asker's decision, their own, open ones, decided ones, all."""
            return listed(changes, query["show"], query["limit"], query["after"])

    @made.route("/approvals/<task_id>", endpoint="one")
    class One(MethodView):
        """One request."""

        @signed_in
        @made.response(200, DetailSchema)
        def get(self, task_id: str) -> dict[str, Any]:
            """Show a request: what it would do now, against what it would have done when it was asked for."""
            return _detail(changes, changes.look_again(changes.find(task_id, asker())))

    @made.route("/approvals/decisions", endpoint="decisions")
    class Decisions(MethodView):
        """Decisions on several requests."""

        @signed_in
        @made.arguments(DecisionsSchema)
        @made.response(200, OutcomesSchema)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Approve, reject or withdraw; each decision has an answer of its own, whatever becomes of the others."""
            return {"decisions": [decided(changes, each) for each in body["decisions"]]}


SHOWN: dict[str, frozenset[State]] = {
    "waiting": frozenset({State.PENDING}),
    "mine": OPEN,
    "open": OPEN,
    "decided": frozenset(State) - OPEN,
    "all": frozenset(State),
}


def listed(changes: Changes, show: str, limit: int, after: str = "") -> dict[str, Any]:
    """The requests of an app that the asker may know of, as ListingSchema says them."""
    who = asker()

    def wanted(task: Task) -> bool:
        if show == "waiting":
            return task.state is State.PENDING and not why_not(task, changes.actions[task.wish.action], who)
        return show != "mine" or task.wish.maker.subject == who.subject

    found = page(changes, who, SHOWN[show], wanted, (after, limit))
    tasks = [telling.told(task, changes.actions[task.wish.action], who) for task in found.tasks]
    waiting = len(waiting_for(changes, who))
    return {"approvals": tasks, "total": found.total, "waiting": waiting, "next": found.next}


def _detail(changes: Changes, task: Task) -> dict[str, Any]:
    action = changes.actions[task.wish.action]
    now = None
    if task.state is State.PENDING:
        try:
            now = telling.told_effect(action.effect(action.schema().load(dict(task.wish.command))), action)
        except (HubRefused, HubUnavailable, Missing):
            now = None
    history = [
        {"at": e.at, "actor": e.actor.name, "outcome": str(e.outcome), "reason": e.reason}
        for e in changes.audit.history(task.id)
    ]
    return {
        **telling.told(task, action, asker()),
        "asked": telling.told_effect(task.wish.effect, action),
        "now": now,
        "moved": [{"label": fact.pop("field"), **fact} for fact in telling.moved(task, action)],
        "history": history,
    }


def decided(changes: Changes, wanted: dict[str, str]) -> dict[str, Any]:
    """One decision of several, with whatever became of it in its answer."""
    answer: dict[str, Any] = {"id": wanted["id"], "ok": False, "state": "", "problem": "", "step_up": ""}
    try:
        task = changes.find(wanted["id"], asker())
        answer["state"] = str(task.state)
        done = changes.decide(task, wanted["verdict"], wanted["sha256"], wanted["reason"], asker())
    except StepUpNeeded as needed:
        page = telling.told(task, changes.actions[task.wish.action], asker())["href"]
        return answer | {"problem": "", "step_up": login_url(needed, page)}
    except NotPermitted as problem:
        changes.note_refused(task.wish.action, task.wish.target, str(problem), task.id)
        return answer | {"problem": telling.not_permitted(problem)}
    except (RuleBroken, Missing) as problem:
        return answer | {"problem": str(problem)}
    except (HubRefused, HubUnavailable):
        after = changes.find(wanted["id"], asker())
        return answer | {"state": str(after.state), "problem": after.problem or telling.undecided()}
    except Exception:
        # The others were decided already, or still will be: this one must not take their answers with it.
        log.exception("decision_broke", task=wanted["id"])
        return answer | {"problem": _("Something went wrong on our side. Look at the request before repeating it.")}
    return answer | {"ok": done.state not in MISCARRIED, "state": str(done.state), "problem": done.problem}
