"""Settling windows, before it is asked for: which models apply to what was chosen, and what each would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import Missing, RuleBroken, render, requires
from bff.change.wiring import changes_of_app
from microfrontends.settlement.domain.settlements import Offer, offered
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import Hub, present_hub, window_of
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import here_and_now, number
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.words import STATE_WORDS

MOST = 200  # windows settled at once
blueprint = Blueprint("settle_windows", __name__)
blueprint.before_request(whole_hub_only)


@dataclass(frozen=True)
class Way:
    """One settlement that could be made: by which model, of which windows, what it would do, or why it cannot be."""

    offer: Offer
    href: str
    shown: dict[str, Any] | None = None
    problem: str = ""


@blueprint.get("/windows/settle")
@requires(P.FINALISE)
def choose() -> Response:
    """The models that apply to the windows in the address, each with its preview; one settlement per model."""
    chosen = sorted({found for text in request.args.getlist("window")[:MOST] if (found := number(text))})
    hub = present_hub()
    windows = [window_of(hub, each) for each in chosen]
    return render(
        "settlements/choose.html",
        title=_("Settle windows"),
        windows=windows,
        ways=[_way(each) for each in _offers(hub, windows)],
        processing=[each for each in windows if each.state is WindowState.PROCESSING],
        words=STATE_WORDS,
        as_of=here_and_now(),
    )


def _offers(hub: Hub, windows: Sequence[Window]) -> tuple[Offer, ...]:
    if not windows:
        return ()
    return offered(hub.window_contents([each.id for each in windows]), hub.settlement_models())


def _way(offer: Offer) -> Way:
    listed = " ".join(str(each) for each in offer.windows)
    href = url_for("settle.ask", windows=listed, model=offer.model.name)
    action = changes_of_app().actions["settlement.settle"]
    try:
        effect = action.effect({"model": offer.model.name, "windows": offer.windows, "reason": ""})
    except (RuleBroken, Missing) as problem:
        return Way(offer, href, problem=str(problem))
    return Way(offer, href, dict(effect.shown))
