"""The form of every action: what is missing is asked for, what is known is shown with its effect, then it is sent."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from bff.access.permissions import requires
from bff.change import telling, words
from bff.change.actions import LONGEST_REASON, Action, Command, Effect
from bff.change.approvals import AlreadyAsked, Changes, asked_before
from bff.change.drafts import Drafts
from bff.change.entitlement import checkers
from bff.change.execution import Lost
from bff.change.field_words import sentence
from bff.change.states import State
from bff.change.stepping import DRAFT, to_stronger_login
from bff.change.tasks import Task
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken, StepUpNeeded
from bff.web.layout import asker, render
from bff.web.security import CSRF_FIELD

ATTEMPT, CONFIRMED = "attempt", "confirmed"
OWN_FIELDS = (CSRF_FIELD, ATTEMPT, CONFIRMED, DRAFT)


@dataclass(frozen=True)
class Filled:
    """What a form holds: raw fields, the command they make (None while they make none), and what is wrong."""

    raw: dict[str, str]
    command: Command | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """The pages of one action."""

    changes: Changes
    drafts: Drafts
    name: str
    action: Action

    def blueprint(self) -> Blueprint:
        """`<action>.ask` and `<action>.submit`, on the action's rule."""
        made = Blueprint(self.action.name, __name__)
        made.before_request(lambda: self.action.refuse_strangers(asker()))
        needs = requires(self.action.permission)
        made.add_url_rule(self.action.rule, "ask", needs(lambda **path: self.ask(path)), methods=["GET"])
        made.add_url_rule(self.action.rule, "submit", needs(lambda **path: self.submit(path)), methods=["POST"])
        return made

    def ask(self, path: Mapping[str, Any]) -> Response:
        """The question, or the fields that are missing for it."""
        kept = self.drafts.find(request.args.get(DRAFT, ""), asker().subject)
        filled = self._read({**request.args.to_dict(), **kept}, path)
        if filled.command is None:
            # An empty form is no mistake yet.
            begun = any(filled.raw.get(each.name) for each in self.action.inputs)
            return self._fields(filled if begun else Filled(filled.raw), 200)
        return self._question(filled, 200)

    def submit(self, path: Mapping[str, Any]) -> AnyResponse:
        """The deed, once it was confirmed; before that, the question."""
        sent = request.form.to_dict()
        filled = self._read(sent, path)
        if filled.command is None:
            only_reason = filled.errors.keys() <= {"reason"} and sent.get(CONFIRMED)
            return self._again(filled, path) if only_reason else self._fields(filled, 422)
        if not sent.get(CONFIRMED):
            return self._question(filled, 200)
        attempt = words.one_line(sent.get(ATTEMPT, "")) or secrets.token_urlsafe(16)
        try:
            task = self.changes.ask(self.name, filled.command, attempt, asker())
        except StepUpNeeded as needed:
            return to_stronger_login(needed, self.drafts, filled.raw)
        except Lost as lost:
            return redirect(url_for("approvals.show", task_id=lost.task.id), 303)
        except (RuleBroken, HubRefused, HubUnavailable) as problem:
            return self._refused(filled, problem)
        return redirect(self._onward(task, filled.command), 303)

    def _onward(self, task: Task, command: Command) -> str:
        if task.state in (State.DONE, State.EXECUTING, State.APPROVED):
            return self.action.back(command)
        return url_for("approvals.show", task_id=task.id)

    def _read(self, sent: Mapping[str, str], path: Mapping[str, Any]) -> Filled:
        raw = {key: words.writable(value) for key, value in sent.items() if key not in OWN_FIELDS}
        raw["reason"] = words.one_line(raw.get("reason", ""))
        raw |= {key: str(value) for key, value in path.items()}
        try:
            return Filled(raw, self.action.schema().load(raw))
        except ValidationError as problem:
            labels = {each.name: str(each.label) for each in self.action.inputs}
            return Filled(
                raw,
                None,
                {
                    name: sentence(labels.get(name, name), raw.get(name, ""), said)
                    for name, said in problem.messages_dict.items()
                },
            )

    def _again(self, filled: Filled, path: Mapping[str, Any]) -> Response:
        """The question with its reason in need of repair; everything else about it is right."""
        typed = filled.raw["reason"]
        told = {"count": len(typed), "most": LONGEST_REASON}
        error = _("The reason has %(count)s characters; shorten it to %(most)s.", **told)
        without = self._read({**filled.raw, "reason": ""}, path)
        return self._question(Filled(filled.raw, without.command, {"reason": error}), 422)

    def _refused(self, filled: Filled, problem: Exception) -> Response:
        """The question once more, with what went wrong above it; the problem's own page where nothing can be shown."""
        try:
            return self._question(filled, 502 if isinstance(problem, HubUnavailable) else 409, _notice(problem))
        except (Missing, HubRefused, HubUnavailable):
            raise problem from None

    def _question(self, filled: Filled, status: int, notice: dict[str, Any] | None = None) -> Response:
        command, who = filled.command or {}, asker()
        effect = self.action.effect(command)
        possible = True
        try:
            self.action.check(command, effect, who.subject)
        except RuleBroken as rule:
            possible, status = False, max(status, 409)
            if notice is None:
                # What was sent off was refused, and kept, before it came here.
                notice = _notice(rule)
                self.changes.note_refused(self.name, self.action.target(command), str(rule))
        return self._shown(filled, effect, status, notice=notice, possible=possible)

    def _shown(
        self, filled: Filled, effect: Effect, status: int, *, notice: dict[str, Any] | None, possible: bool
    ) -> Response:
        command, who, action = filled.command or {}, asker(), self.action
        terms = self.changes.terms(self.name, command, effect.amounts)
        access, target = self.changes.access, action.target(command)
        open_task = self.changes.tasks.open_on([target]).get(target)
        if open_task and notice is None:
            notice = _notice(AlreadyAsked(asked_before(open_task), open_task))
        able = checkers(access, terms, who, action.participants(command))
        others = (subject for subject in able if self._may_let_through(command, subject))
        alone = len(list(islice(others, terms.approvals))) < terms.approvals
        return render(
            "change/confirm.html",
            title=str(action.title),
            status=status,
            sentence=action.sentence(command, effect.told),
            submit=action.verb(command, effect.told),
            danger=action.danger,
            changes=telling.changes(effect, action),
            warnings=effect.warnings,
            hidden={**{key: value for key, value in filled.raw.items() if key != "reason"}, CONFIRMED: "yes"},
            attempt=secrets.token_urlsafe(16),
            reason="required" if terms.reason else "optional",
            typed=filled.raw["reason"],
            errors=filled.errors,
            consequence=action.consequence,
            follows=telling.what_follows(terms, access.book),
            alone=alone,
            open_task=open_task,
            possible=possible,
            notice=notice,
            failed=status >= 500,
            back=action.back(command),
            details=action.details,
            shown=effect.shown,
        )

    def _may_let_through(self, command: Command, subject: str) -> bool:
        try:
            self.action.refuse_checker(command, subject)
        except RuleBroken:
            return False
        return True

    def _fields(self, filled: Filled, status: int) -> Response:
        choices = self.action.choices(filled.raw)
        fields = [
            {
                "name": each.name,
                "label": str(each.label),
                "kind": each.kind,
                "value": filled.raw.get(each.name, ""),
                "error": filled.errors.get(each.name),
                "hint": str(each.hint) if each.hint else None,
                "required": each.required,
                "options": choices.get(each.name, each.options),
            }
            for each in self.action.inputs
        ]
        others = {key: value for key, value in filled.errors.items() if key not in {each["name"] for each in fields}}
        known = {each["name"] for each in fields}
        hidden = {key: value for key, value in filled.raw.items() if key not in known and value}
        title = str(self.action.title)
        told = {"fields": fields, "others": others, "hidden": hidden, "back": _above()}
        return render("change/fields.html", title=title, status=status, **told)


def _above() -> str:
    """The nearest page above this address: where one goes who does not go on."""
    known, parts = current_app.create_url_adapter(request), request.path.split("/")[1:]
    above = ("/" + "/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
    return request.script_root + next((path for path in above if known and known.test(path, "GET")), "/")


def _notice(problem: Exception) -> dict[str, Any]:
    """What went wrong, as the piece `notice` takes it."""
    if isinstance(problem, HubRefused):
        words = (problem.code, problem.description)
        return {"tone": "danger", "title": _("The hub refused"), "text": _("Nothing was changed."), "hub": words}
    if isinstance(problem, HubUnavailable):
        text = _("Nothing was changed. Try again in a moment.")
        return {"tone": "danger", "title": _("The hub does not answer"), "text": text}
    title = _("It was asked for already") if isinstance(problem, AlreadyAsked) else _("This is not possible now")
    return {"tone": "attention", "title": title, "text": str(problem)}
