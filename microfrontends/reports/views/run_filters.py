"""The filter bar of the run history: report, person, state, way and days, and a chip for each in force."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from bff import asker
from bff.web.formats import day
from bff.web.locale import spoken
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.runs.listing import History, Wanted
from microfrontends.reports.runs.records import Way
from microfrontends.reports.shelf import shelf
from microfrontends.reports.views.run_words import STATES, WAYS


def filters_of(wanted: Wanted, endpoint: str, history: History) -> dict[str, Any]:
    """What `ui.filter_bar` takes."""
    reports = {name: _titled(name) for name in history.reports()}
    person = {"name": "person", "label": _("Name or user name"), "kind": "search", "value": wanted.person}
    fields = [
        *([person] if history.subject is None else []),
        _select("report", _("Report"), wanted.report, dict(sorted(reports.items(), key=lambda each: each[1]))),
        _select("state", _("State"), wanted.state, STATES),
        _select("way", _("How"), wanted.way, _ways(history)),
        {"name": "from", "label": _("From"), "kind": "date", "value": wanted.first or ""},
        {"name": "to", "label": _("To"), "kind": "date", "value": wanted.last or ""},
    ]
    return {"fields": fields, "chips": _chips(wanted, endpoint, reports), "clear": url_for(endpoint)}


def _ways(history: History) -> Mapping[Any, Any]:
    # What is run for packs is nobody's own.
    return {way: word for way, word in WAYS.items() if history.subject is None or way is not Way.PACK}


def _chips(wanted: Wanted, endpoint: str, reports: Mapping[str, str]) -> list[dict[str, str]]:
    chips: list[tuple[str, dict[str, Any]]] = []
    if wanted.person:
        chips.append((_("Who: %(name)s", name=wanted.person), {"person": ""}))
    if wanted.report:
        chips.append((_("Report: %(report)s", report=reports.get(wanted.report, wanted.report)), {"report": ""}))
    if wanted.state:
        chips.append((_("State: %(state)s", state=STATES[wanted.state]), {"state": None}))
    if wanted.way:
        chips.append((_("How: %(way)s", way=WAYS[wanted.way]), {"way": None}))
    if wanted.first:
        chips.append((_("From %(day)s", day=day(wanted.first)), {"first": None}))
    if wanted.last:
        chips.append((_("To %(day)s", day=day(wanted.last)), {"last": None}))
    return [{"label": label, "remove": url_for(endpoint, **wanted.query(**change))} for label, change in chips]


def _select(name: str, label: str, value: Any, words: Mapping[Any, Any]) -> dict[str, Any]:
    options = [("", _("All")), *((str(key), str(word)) for key, word in words.items())]
    return {"name": name, "label": label, "kind": "select", "value": value or "", "options": options}


def _titled(name: str) -> str:
    entry = shelf().catalogue.get(name)
    return spoken(entry.report.title) if entry and may_run(entry.report, asker().sees_all) else name
