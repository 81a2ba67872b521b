"""Decides what the approvals page shows: the tasks of every app in one list, and what became of decisions on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.access.permissions import signed_in
from bff.web import htmx
from bff.web.layout import render
from shell import compose, decisions, showing, tasks
from shell.badge import Badge
from shell.decisions import Choice, Fate, Result, Verdict
from shell.forwarding import Behalf
from shell.fragments import Filling
from shell.platform import Platform
from shell.showing import Cards
from shell.slots import areas
from shell.tasks import Show
from shell.untrusted import BadItem

SLOT: Final = "approvals"
CHANGED: Final = "approvals-changed"  # the badge counts anew when it hears this
LONGEST_REASON: Final = 400
TABS: Final = {
    Show.WAITING: _l("Waiting for me"),
    Show.MINE: _l("Mine"),
    Show.OPEN: _l("All open"),
    Show.DECIDED: _l("Decided"),
}
DECIDABLE: Final = {
    Show.WAITING: frozenset({Verdict.APPROVE, Verdict.REJECT}),
    Show.MINE: frozenset({Verdict.WITHDRAW}),
    Show.OPEN: frozenset({Verdict.APPROVE, Verdict.REJECT}),
    Show.DECIDED: frozenset[Verdict](),
}


@dataclass(frozen=True)
class Wrong:
    """What was wrong with a form that is shown again: a sentence per field, and what was typed and chosen."""

    problems: Sequence[tuple[str, str]] = ()
    reason: str = ""
    chosen: Collection[tuple[str, str]] = ()


@dataclass(frozen=True)
class Approvals:
    """The list and the decisions."""

    platform: Platform
    badge: Badge
    cards: Cards

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("all_approvals", __name__, url_prefix="/approvals")
        blueprint.add_url_rule("", "index", signed_in(lambda: self.index()))
        blueprint.add_url_rule("/decisions", "decide", signed_in(lambda: self.decide()), methods=["POST"])
        # Where a reader of the answer lands who asks for its address again.
        blueprint.add_url_rule("/decisions", "decided", signed_in(lambda: redirect(url_for("all_approvals.index"))))
        return blueprint

    def index(self) -> Response:
        """The tasks that the address asks for."""
        return self._page(_shown(request.args.get("show", "")))

    def _beside(self, show: Show) -> compose.Content:
        """What apps show to whoever decides, above what waits for them."""
        behalf = Behalf.here(g.identity)
        offered = areas(self.platform.registry, g.identity, SLOT, {}) if show is Show.WAITING else []
        filling = Filling(self.platform, behalf, offered)

        def panels() -> bytes:
            html = self.cards.html(filling.filled(), behalf)
            return b'<div class="panels">' + html + b"</div>" if html else b""

        return [panels()] if htmx.asked() else [showing.piece(filling, panels)]

    def decide(self) -> Response:
        """A decision on each chosen task, and what became of it; the list again where the form was incomplete."""
        form = request.form
        shown, reason = _shown(form.get("show", "")), " ".join(form.get("reason", "").split())
        verdict = next((each for each in Verdict if each == form.get("verdict")), None)
        try:
            choices = list({choice.key: choice for choice in map(decisions.choice_of, form.getlist("task"))}.values())
        except BadItem:
            choices = []
        problems = _problems(verdict, reason, choices)
        if problems or verdict is None:
            return self._page(shown, Wrong(problems, reason, {choice.key for choice in choices}), 422)
        results = decisions.decide(self.platform, g.identity, verdict, reason, choices)
        self.badge.forget(g.identity)
        counts = {fate: sum(each.fate is fate for each in results) for fate in Fate}
        response = render(
            "approvals/results.html",
            title=_title_of(results, verdict),
            results=results,
            counts=counts,
            back=url_for("all_approvals.index", show=None if shown is Show.WAITING else shown.value),
        )
        response.headers["HX-Trigger"] = CHANGED
        return response

    def _page(self, show: Show, wrong: Wrong | None = None, status: int = 200) -> Response:
        listed = tasks.gather(self.platform, g.identity, show)
        found = tasks.in_order(listed, show)
        offered = DECIDABLE[show]
        return compose.page(
            "approvals/index.html",
            [self._beside(show)],
            title=_("Approvals"),
            status=status,
            show=show,
            tabs=_tabs(show, sum(each.waiting for each in listed)),
            listed=listed,
            tasks=found,
            value_of=decisions.value_of,
            verdicts=[verdict for verdict in Verdict if verdict in offered and _anyone(found, verdict)],
            offered=offered,
            wrong=wrong or Wrong(),
            longest=LONGEST_REASON,
        )


def _shown(wish: str) -> Show:
    return Show(wish) if wish in list(Show) else Show.WAITING


def _anyone(found: Sequence[tasks.Task], verdict: Verdict) -> bool:
    return any(verdict in task.may for task in found)


def _tabs(show: Show, waiting: int) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "href": url_for("all_approvals.index", show=None if each is Show.WAITING else each.value),
            "current": each is show,
            "count": waiting if each is Show.WAITING else None,
        }
        for each, label in TABS.items()
    ]


def _problems(verdict: Verdict | None, reason: str, choices: Sequence[Choice]) -> list[tuple[str, str]]:
    found = []
    if not choices:
        found.append(("tasks", _("No request is chosen. Tick those that you decide on.")))
    if len(choices) > decisions.MOST:
        found.append(
            ("tasks", _("%(count)s are chosen; %(most)s at once is the most.", count=len(choices), most=decisions.MOST))
        )
    if verdict is None:
        found.append(("tasks", _("It was not said what to decide.")))
    if verdict is Verdict.REJECT and not reason:
        found.append(("reason", _("Say why they are rejected: the maker has to know what to do about it.")))
    if len(reason) > LONGEST_REASON:
        found.append(
            (
                "reason",
                _(
                    "The reason has %(count)s characters; shorten it to %(most)s.",
                    count=len(reason),
                    most=LONGEST_REASON,
                ),
            )
        )
    return found


def _title_of(results: Sequence[Result], verdict: Verdict) -> str:
    if all(result.fate is Fate.DONE for result in results):
        return {
            Verdict.APPROVE: _("Approved"),
            Verdict.REJECT: _("Rejected"),
            Verdict.WITHDRAW: _("Withdrawn"),
        }[verdict]
    return _("What became of your decisions")
