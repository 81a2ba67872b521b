"""How a task is told to people and programs: its words in the reader's language, what it changes, who may decide."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from bff.access.files import RoleBook
from bff.change.actions import Action, Effect
from bff.change.entitlement import why_not
from bff.change.policy import Terms
from bff.change.states import State
from bff.change.tasks import Task
from bff.errors import NotPermitted
from bff.identity.principal import Identity
from bff.web.locale import spoken


def sentence(task: Task, action: Action) -> str:
    """What the task would do, in one sentence."""
    return action.sentence(_command(task, action), task.wish.effect.told)


def verb(task: Task, action: Action) -> str:
    """The words of its button."""
    return action.verb(_command(task, action), task.wish.effect.told)


def changes(effect: Effect, action: Action) -> list[dict[str, str]]:
    """Before and after by field, as the pieces `difference` and `confirm` take them."""
    return [
        {
            "key": fact.key,
            "field": str(action.labels.get(fact.key, fact.key)),
            "before": fact.before,
            "after": fact.after,
            "kind": fact.kind,
            "currency": fact.currency,
        }
        for fact in effect.changes
    ]


def amounts(asked: Effect, now: Effect) -> list[dict[str, Any]]:
    """What it is about, by currency, in the same form: when it was asked for, and now."""
    names = sorted(asked.amounts.keys() | now.amounts.keys())
    pairs = [(name, asked.amounts.get(name), now.amounts.get(name)) for name in names]
    return [
        {"field": name, "before": before, "after": after, "kind": "money", "currency": name}
        for name, before, after in pairs
    ]


def moved(task: Task, action: Action) -> list[dict[str, str]]:
    """What has changed since a STALE task was asked for, in the same form: as it was then, as it is now."""
    pairs: Mapping[str, Any] = (task.outcome or {}).get("moved", {}) if task.state is State.STALE else {}
    looks = {fact.key: (fact.kind, fact.currency) for fact in task.wish.effect.changes}
    return [
        {
            "key": key,
            "field": str(action.labels.get(key, key)),
            "before": before,
            "after": after,
            "kind": looks.get(key, ("text", ""))[0],
            "currency": looks.get(key, ("text", ""))[1],
        }
        for key, (before, after) in pairs.items()
    ]


def told(task: Task, action: Action, who: Identity) -> dict[str, Any]:
    """A task as /api/approvals tells it."""
    wish, obstacle = task.wish, why_not(task, action, who)
    own = wish.maker.subject == who.subject
    return {
        "id": task.id,
        "action": wish.action,
        "title": str(action.title),
        "sentence": sentence(task, action),
        "target": wish.target,
        "href": url_for("approvals.show", task_id=task.id),
        "state": str(task.state),
        "maker": {"subject": wish.maker.subject, "name": wish.maker.name},
        "made_at": task.made_at,
        "expires_at": task.expires_at,
        "changed_at": task.changed_at,
        "reason": wish.reason,
        "problem": task.problem,
        "participants": list(wish.participants),
        "amounts": [{"currency": name, "amount": str(amount)} for name, amount in wish.effect.amounts.items()],
        "required": wish.terms.approvals,
        "given": len(task.approvals),
        "sha256": task.sha256,
        "decisions": [
            {
                "subject": each.person.subject,
                "name": each.person.name,
                "verdict": each.verdict,
                "reason": each.reason,
                "at": each.at,
            }
            for each in task.decisions
        ],
        "may": {
            "approve": not obstacle,
            "reject": not obstacle,
            "withdraw": own and task.state is State.PENDING,
        },
        "why_not": obstacle,
    }


def told_effect(effect: Effect, action: Action) -> dict[str, Any]:
    """An effect as /api/approvals tells it."""
    facts = [{"label": fact.pop("field"), **fact} for fact in changes(effect, action)]
    return {"changes": facts, "warnings": list(effect.warnings)}


def what_follows(terms: Terms, book: RoleBook) -> str:
    """What happens with a request on these terms: at once, or after whose approval."""
    if not terms.approvals:
        return _("It is done at once, and kept in the audit with your name.")
    if terms.pairs:
        names = sorted({pair.checker for pair in terms.pairs})
        roles = [book.roles[name] for name in names if name in book.roles]
    else:
        roles = list(book.holders(terms.checker))
    people = ", ".join(spoken(role.title) for role in roles) or terms.checker
    sentence = ngettext(
        "It goes to another person for approval: %(people)s.",
        "It goes to %(num)s other people for approval: %(people)s.",
        terms.approvals,
        people=people,
    )
    return f"{sentence} " + _("It waits for %(span)s at most.", span=span(terms.life))


def span(length: timedelta) -> str:
    """A span of time in whole days, hours or minutes."""
    minutes = int(length.total_seconds() // 60)
    if minutes % 1440 == 0:
        return ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def undecided() -> str:
    """Why an approval was not taken while the hub is silent."""
    return _("The hub does not answer, so nobody can see what it would do now. Nothing was decided; try again later.")


def not_permitted(problem: NotPermitted) -> str:
    """Which permission is missing, in a sentence."""
    return _("This needs the permission %(what)s.", what=problem.permission)


def _command(task: Task, action: Action) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = action.schema().load(dict(task.wish.command))
    return loaded
