"""Presets of a report's period as links: the form's other values stay as they are."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import lazy_gettext as _l

from microfrontends.reports.domain.definition import Report
from microfrontends.reports.domain.presets import Preset, periods
from microfrontends.reports.run import Asked
from microfrontends.reports.views.address import address_of

WORDS = {
    Preset.TODAY: _l("Today"),
    Preset.YESTERDAY: _l("Yesterday"),
    Preset.THIS_WEEK: _l("This week"),
    Preset.LAST_MONTH: _l("Last month"),
}
INPUT = "%Y-%m-%dT%H:%M"


def presets(report: Report, asked: Asked) -> list[dict[str, Any]]:
    """What the macro `filter_bar` takes, for the first period among the parameters; nothing without one."""
    ends = next((param for param in report.params if param.begins), None)
    if ends is None:
        return []
    address = address_of(report)
    now = datetime.now(ZoneInfo(current_app.config["TIME_ZONE"]))
    return [
        {
            "label": WORDS[preset],
            "href": address({ends.begins: begin.strftime(INPUT), ends.name: end.strftime(INPUT)}),
            "current": (asked.values.get(ends.begins), asked.values.get(ends.name)) == (begin, end),
        }
        for preset, begin, end in periods(now)
    ]
