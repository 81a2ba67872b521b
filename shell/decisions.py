"""Decides what becomes of decisions on several apps' tasks: each goes to its own app, and each gets an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flask import url_for
from flask_babel import gettext as _

from bff.identity.principal import Identity
from bff.web.locale import language
from shell import own
from shell.asking import Heard, tell, those_with
from shell.platform import Platform
from shell.registry import MicroFrontend
from shell.tasks import INTERFACE, Task
from shell.untrusted import CODE, IDENTIFIER, SHA256, BadItem, Item, is_under, plain

MOST: Final = 100
LOGIN: Final = "/auth/login"
_BETWEEN: Final = "|"  # stands in none of the parts before the last


class Verdict(StrEnum):
    """What may be decided on a task."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class Fate(StrEnum):
    """What became of one decision."""

    DONE = "done"
    REFUSED = "refused"
    LOGIN = "login"  # a fresher or stronger sign-in comes first
    UNKNOWN = "unknown"  # it may have been taken


@dataclass(frozen=True, slots=True)
class Choice:
    """One task as the form names it: where it is, and the digest of what the person saw of it."""

    app: str
    id: str
    sha256: str
    href: str
    sentence: str

    @property
    def key(self) -> tuple[str, str]:
        """What names the task over all apps."""
        return self.app, self.id


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a decision, and the address of a sign-in where one is needed."""

    choice: Choice
    fate: Fate
    state: str = ""
    problem: str = ""
    login: str = ""


def value_of(task: Task) -> str:
    """A task as the value of its checkbox. What it says travels along: its app may be gone when the answer is shown."""
    return _BETWEEN.join((task.app.name, task.id, task.sha256, task.href, task.sentence[:200]))


def choice_of(value: str) -> Choice:
    """The task of a checkbox's value. Raises BadItem for what no form of ours sends."""
    name, task_id, sha256, href, sentence = [*value.split(_BETWEEN, 4), "", "", "", ""][:5]
    if not IDENTIFIER.fullmatch(task_id) or not SHA256.fullmatch(sha256) or not is_under(href, own.mount_of(name)):
        raise BadItem("decision")
    return Choice(name, task_id, sha256, href, plain(sentence) or task_id)


def decide(
    platform: Platform, identity: Identity, verdict: Verdict, reason: str, choices: Sequence[Choice]
) -> list[Result]:
    """A result per choice, in their order. Every app decides for itself whether this person may."""
    offered = {app.name: (app, found) for app, found in those_with(platform.registry, identity, INTERFACE)}
    orders = []
    local = [_order(choice, verdict, reason) for choice in choices if choice.app == own.NAME]
    for name in dict.fromkeys(choice.app for choice in choices if choice.app in offered):
        app, found = offered[name]
        decisions = [_order(choice, verdict, reason) for choice in choices if choice.app == name]
        orders.append((app, f"{found.href}/decisions", {"decisions": decisions}))
    heard = {each.app.name: each for each in tell(platform, identity, orders)}
    if local:
        heard[own.NAME] = own.decide(local)
    return [_result(choice, heard.get(choice.app)) for choice in choices]


def _order(choice: Choice, verdict: Verdict, reason: str) -> dict[str, str]:
    return {"id": choice.id, "verdict": verdict.value, "sha256": choice.sha256, "reason": reason}


def _result(choice: Choice, heard: Heard | None) -> Result:
    if heard is None:
        return Result(choice, Fate.REFUSED, problem=_("No part of the portal of this name takes decisions."))
    if heard.away:
        return _unanswered(choice, heard)
    if not heard.ok:
        return Result(choice, Fate.REFUSED, problem=_("It was refused. Nothing was changed."))
    try:
        listed = heard.document.get("decisions")
        answers = [Item(each) for each in listed] if isinstance(listed, list) else []
        mine = next(each for each in answers if each.text("id") == choice.id)
        return _told(choice, heard.app, mine)
    except (BadItem, StopIteration):
        return Result(choice, Fate.UNKNOWN, problem=_("It did not say what became of this. Look at the request."))


def _unanswered(choice: Choice, heard: Heard) -> Result:
    name = heard.app.title_in(language())
    if heard.sent:
        problem = _("%(name)s did not answer in time: it may have been decided. Look at the request.", name=name)
        return Result(choice, Fate.UNKNOWN, problem=problem)
    problem = _("%(name)s does not answer: nothing was changed. Try again in a moment.", name=name)
    return Result(choice, Fate.REFUSED, problem=problem)


def _told(choice: Choice, app: MicroFrontend, item: Item) -> Result:
    state = item.word("state", CODE) if item.holds("state") else ""
    problem, way = item.text("problem"), item.text("step_up", 2000)
    if way:
        return Result(choice, Fate.LOGIN, state, problem, _login(way, app, choice))
    return Result(choice, Fate.DONE if item.flag("ok") else Fate.REFUSED, state, problem)


def _login(way: str, app: MicroFrontend, choice: Choice) -> str:
    """Of an app's wish for a sign-in only what it demands is taken; where it leads is ours to say."""
    parts = urlsplit(way)
    if parts.scheme or parts.netloc or parts.path != LOGIN:
        return way if is_under(way, app.mount) else choice.href
    query = parse_qs(parts.query)
    demand: Mapping[str, Any] = {name: query[name][0] for name in ("acr", "max_age") if name in query}
    return url_for("auth.login", next=choice.href, **demand)
