"""The filter bar of a list over a period: presets, dates of one's own, states, and a chip for each filter in force."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.web.formats import when
from microfrontends.settlement.domain.period import Preset
from microfrontends.settlement.views.asked import INPUT, Asked

PRESETS = {
    Preset.TODAY: _l("Today"),
    Preset.TWO_DAYS: _l("48 h"),
    Preset.WEEK: _l("Week"),
    Preset.MONTH: _l("Month"),
    Preset.CUSTOM: _l("Custom"),
}
Options = Sequence[tuple[str, Any]]


def filters_of(wanted: Asked[Any], states: Options, dated: Callable[[str], str]) -> dict[str, Any]:
    """What `ui.filter_bar` takes. `dated` says what the dates are about: `Opened: Week`."""
    first, last = wanted.period.first, wanted.period.last
    zone = first.tzname() or "UTC"
    shared = {"kind": "datetime", "required": True, "more": {"step": "1"}}
    options = [("", _("Any")), *states]
    return {
        "fields": [
            {**shared, "name": "from", "label": _("From (%(zone)s)", zone=zone), "value": first.strftime(INPUT)},
            {**shared, "name": "to", "label": _("To"), "value": last.strftime(INPUT)},
            {"name": "state", "label": _("State"), "kind": "select", "value": wanted.state or "", "options": options},
        ],
        "presets": [
            {"label": label, "href": wanted.address_of(preset), "current": preset is wanted.preset}
            for preset, label in PRESETS.items()
        ],
        "chips": _chips(wanted, dict(states), dated),
        "clear": url_for(wanted.endpoint),
        "keep": {"preset": wanted.preset.value, "was_from": first.strftime(INPUT), "was_to": last.strftime(INPUT)},
    }


def _chips(wanted: Asked[Any], words: dict[str, Any], dated: Callable[[str], str]) -> list[dict[str, str]]:
    chips = []
    if wanted.preset is not Preset.TODAY:
        first, last = wanted.period.first, wanted.period.last
        dates = _("%(first)s to %(last)s", first=when(first, str(first.tzinfo)), last=when(last, str(last.tzinfo)))
        label = dates if wanted.preset is Preset.CUSTOM else str(PRESETS[wanted.preset])
        chips.append({"label": dated(label), "remove": wanted.address_of(Preset.TODAY)})
    if wanted.state:
        label = _("State: %(state)s", state=words.get(wanted.state.value, wanted.state.value))
        chips.append({"label": label, "remove": wanted.address(state=None)})
    return chips
