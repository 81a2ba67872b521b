"""Decides what platform administrators see of the micro-frontends: the list, and one with its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, current_app, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.access.permissions import requires
from bff.change.wiring import pending
from bff.errors import Missing
from bff.web.layout import allowed, render
from bff.web.locale import language, spoken
from shell import own
from shell.actions.of_app import LABELS, differences
from shell.breaker import State as BreakerState
from shell.overview import Health, Overview, Place, overview, overview_of
from shell.permissions import P
from shell.platform import Platform
from shell.registry.records import Source
from shell.registry.store import Change

DISCOVERED: Final = {
    "shell.microfrontend_found": _l("Found in the cluster"),
    "shell.microfrontend_gone": _l("Gone from the cluster"),
}
LOOKS: Final[Mapping[Health, tuple[Any, str, str]]] = {
    Health.AVAILABLE: (_l("Available"), "ok", "full"),
    Health.UNAVAILABLE: (_l("Unavailable"), "danger", "triangle"),
    Health.UNKNOWN: (_l("Not read yet"), "attention", "half"),
    Health.GONE: (_l("Gone"), "attention", "cross"),
    Health.DISABLED: (_l("Disabled"), "plain", "ring"),
}
BREAKERS: Final[Mapping[BreakerState, tuple[Any, str, str]]] = {
    BreakerState.CLOSED: (_l("Closed"), "ok", "full"),
    BreakerState.HALF_OPEN: (_l("Half open"), "attention", "half"),
    BreakerState.OPEN: (_l("Open"), "danger", "cross"),
}
SOURCES: Final[Mapping[Source, Any]] = {
    Source.CONFIGURATION: _l("Configuration"),
    Source.KUBERNETES: _l("Kubernetes"),
    Source.HAND: _l("By hand"),
}


def whole_hub_only() -> None:
    """Raise Missing for whoever is bound to participants: the platform serves all of them."""
    if g.identity is not None and not g.identity.sees_all:
        raise Missing(_("This is shown only to those who see every participant."))


@dataclass(frozen=True)
class MicroFrontends:
    """The list, and the page of one."""

    platform: Platform

    def blueprint(self) -> Blueprint:
        """Both routes; the forms beside them are those of the actions."""
        blueprint = Blueprint("microfrontends", __name__, url_prefix="/microfrontends")
        blueprint.before_request(whole_hub_only)
        needs = requires(P.VIEW_MICROFRONTENDS)
        blueprint.add_url_rule("", "index", needs(lambda: self.index()))
        blueprint.add_url_rule("/<name>", "show", needs(lambda name: self.show(name)))
        return blueprint

    def index(self) -> Response:
        """Everything that is registered."""
        found = overview(self.platform)
        return render(
            "microfrontends/index.html",
            title=_("Micro-frontends"),
            rows=[_row(each) for each in found],
            away=self.platform.registry.problem,
            by_hand=bool(self.platform.settings.allowed()),
        )

    def show(self, name: str) -> Response:
        """One of them, or what is left of one that was: its history."""
        history = self.platform.registry.store.history(name)
        if self.platform.registry.record(name) is None and history:
            return render("microfrontends/forgotten.html", title=name, name=name, history=_timeline(name, history))
        problem = _("No micro-frontend %(name)s is registered.", name=name[:40])
        found = overview_of(self.platform, name, problem)
        return render(
            "microfrontends/show.html",
            title=found.title_in(language()),
            found=found,
            record=found.record,
            source=SOURCES[found.record.source],
            places=[_place(place, found) for place in found.places],
            roles=_roles(found.record.share.roles if found.record.share else ()),
            manifest=found.first.facts.app.manifest if found.first.facts else None,
            history=_timeline(name, history),
            waiting=pending(f"microfrontend:{name}"),
            actions=_actions(found, history),
            awaited=any(place.health is Health.UNKNOWN for place in found.places),
        )


def _row(found: Overview) -> dict[str, Any]:
    place, record = found.first, found.record
    return {
        "name": record.name,
        "title": found.title_in(language()),
        "href": url_for("microfrontends.show", name=record.name),
        "place": place,
        "look": LOOKS[place.health],
        "breaker": BREAKERS[place.breaker.state],
        "share": record.share,
        "pinned": record.version,
        "source": SOURCES[record.source],
        "tone": "danger" if place.health is Health.UNAVAILABLE else "attention" if place.health is Health.GONE else "",
    }


def _place(place: Place, found: Overview) -> dict[str, Any]:
    share = found.record.share
    percent = share.percent if share else 0
    first = place is found.first
    return {
        "place": place,
        "first": first,
        "share": 100 - percent if first else percent,
        "look": LOOKS[place.health],
        "breaker": BREAKERS[place.breaker.state],
        "pinned": found.record.version if first else share.version if share else "",
    }


def _roles(names: Sequence[str]) -> str:
    book = current_app.extensions["portal_access"].book
    return ", ".join(spoken(book.roles[name].title) if name in book.roles else name for name in names)


def _actions(found: Overview, history: Sequence[Change]) -> list[dict[str, Any]]:
    """What may be done with it now, as the menu takes it."""
    record = found.record
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("send_share", _("Send people to another version"), {}),
        ("pin_version", _("Pin a version"), {}),
    ]
    if record.share:
        told = {"url": record.share.url, "roles": " ".join(record.share.roles), "version": record.share.version}
        wanted[0] = ("send_share", _("Change the share"), {key: value for key, value in told.items() if value})
    newest = next((change for change in history if change.before), None)
    if newest:
        wanted.append(("roll_back", _("Roll back the last change"), {"revision": newest.revision}))
    state = ("disable", _("Disable")) if record.enabled else ("enable", _("Enable"))
    wanted.append((f"{state[0]}_microfrontend", state[1], {}))
    if record.source is Source.HAND or record.gone_at:
        wanted.append(("unregister_microfrontend", _("Unregister"), {}))
    return [
        {"label": label, "href": url_for(f"{action}.ask", name=record.name, **told)}
        for action, label, told in wanted
        if allowed(f"{action}.ask")
    ]


def _timeline(name: str, history: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "when": change.at,
            "text": own.title_of(change.told.action) or str(DISCOVERED.get(change.told.action, change.told.action)),
            "actor": change.told.actor,
            "note": change.told.reason,
            "state": "DONE",
            "changes": _changes(change),
            "back": url_for("roll_back.ask", name=name, revision=change.revision)
            if change.before and allowed("roll_back.ask")
            else "",
        }
        for change in history
    ]


def _changes(change: Change) -> list[dict[str, Any]]:
    return [
        {"field": str(LABELS[fact.key]), "before": fact.before, "after": fact.after, "kind": fact.kind}
        for fact in differences(change.before, change.after)
    ]
