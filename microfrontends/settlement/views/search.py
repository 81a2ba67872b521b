"""What of settlement somebody means: a window or a settlement by its number, the open window, a participant."""

import re
from collections.abc import Iterator

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from bff import asker, requires
from bff.web.finding import Hit, answer, says, wanted
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.participants import HUB
from microfrontends.settlement.views.words import SETTLEMENT_WORDS, STATE_WORDS

NUMBER = re.compile(r"\b[0-9]{1,15}\b")
SHORTEST = 3  # letters after which the hub is asked
blueprint = Blueprint("search", __name__)


@blueprint.get("/slots/search/windows")
@requires(P.VIEW_WINDOWS)
def windows() -> Response:
    """Windows; nothing at all for whoever is bound to some participants, and without asking the hub."""
    words = wanted()
    return answer(_windows(words) if asker().sees_all else ())


@blueprint.get("/slots/search/settlements")
@requires(P.VIEW_SETTLEMENTS)
def settlements() -> Response:
    """Settlements, likewise; by their number alone, since there may be many."""
    words = wanted()
    return answer(_settlements(words) if asker().sees_all else ())


@blueprint.get("/slots/search/participants")
@requires(P.VIEW_PARTICIPANTS)
def participants() -> Response:
    """The participants in view whose name says it; for whoever is bound to some, those are their own."""
    words, who = wanted(), asker()
    if len(words) < SHORTEST:
        return answer(())
    known = (each.name for each in present_hub().participants() if each.name != HUB and who.sees(each.name))
    return answer(
        Hit(_("Participant %(name)s", name=name), url_for("participants.show", name=name))
        for name in sorted(known)
        if says(name, words)
    )


def _windows(words: str) -> Iterator[Hit]:
    hub, number = present_hub(), _number(words)
    found: tuple[Window | None, ...] = ()
    if number is not None:
        found = (hub.window(number),)
    elif len(words) >= SHORTEST and says(f"{_title('')} {STATE_WORDS[WindowState.OPEN]}", words):
        found = hub.open_windows()
    for window in found:
        if window is None:
            continue
        title, state = _title(window.id), str(STATE_WORDS[window.state])
        if says(f"{title} {state}", words):
            yield Hit(title, url_for("windows.show", window_id=window.id), state)


def _settlements(words: str) -> Iterator[Hit]:
    number = _number(words)
    settlement = None if number is None else present_hub().settlement(number)
    if settlement is not None:
        title, state = _("Settlement %(id)s", id=settlement.id), str(SETTLEMENT_WORDS[settlement.state])
        if says(f"{title} {state}", words):
            yield Hit(title, url_for("settlements.show", settlement_id=settlement.id), state)


def _title(number: int | str) -> str:
    return str(_("Settlement window %(id)s", id=number))


def _number(words: str) -> int | None:
    found = NUMBER.findall(words)
    return int(found[0]) if len(found) == 1 else None
