"""Writing a report: its file with what is wrong beside the line, its SQL, and its result, anew whenever it is saved."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _

from bff import HubUnavailable, Missing, Money, RuleBroken, asker, render, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.domain.results import Row
from microfrontends.reports.permissions import P
from microfrontends.reports.preview import SHOWN, Trial, tried
from microfrontends.reports.report_file import Entry
from microfrontends.reports.run import Run
from microfrontends.reports.shelf import shelf
from microfrontends.reports.sources.live import Listed
from microfrontends.reports.views.result import KINDS
from microfrontends.reports.views.sources import words

blueprint = Blueprint("preview", __name__, url_prefix="/preview")
SOURCE, PARTICIPANT, SEEN = "_source", "_as", "_seen"  # no parameter's name begins so


@dataclass(frozen=True)
class Beholder:
    """Whoever looks, as hub staff or in the place of one participant's people."""

    participants: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Hub staff do."""
        return not self.participants


@blueprint.get("/<name>")
@requires(P.PREVIEW)
def show(name: str) -> Response:
    """The file as it is now; a page that has seen it asks again every second and is answered once it has changed."""
    if not asker().sees_all:
        raise Missing(_("Reports are previewed by hub staff."))
    shelf().catalogue.refresh()
    listed = _found(name, request.args.get(SOURCE, ""))
    version = _version(listed)
    if request.args.get(SEEN) == version:
        return Response(status=204)
    given = {key: value for key, value in request.args.items() if key != SEEN}
    return render(
        "preview/show.html",
        title=_("Preview of %(file)s", file=listed.file),
        listed=listed,
        source=words(listed.source),
        lines=listed.text.splitlines(),
        # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
        again=f"{url_for('preview.show', name=name)}?{urlencode({**given, SEEN: version})}",
        keep={SOURCE: given.get(SOURCE, "")},
        shown_rows=SHOWN,
        **_outcome(listed, given),
    )


def _found(name: str, source: str) -> Listed:
    # Looked up among what the sources hold, so that no name leads to any other file.
    files = [each for each in shelf().catalogue.now.files if not source or each.source == source]
    named = [each for each in files if each.stem == name or (each.entry and each.entry.report.name == name)]
    if not named:
        raise Missing(_("No source holds a report %(name)s.", name=name))
    return named[-1]


def _version(listed: Listed) -> str:
    return hashlib.sha256(f"{listed.text}\0{listed.fault}".encode()).hexdigest()[:16]


def _outcome(listed: Listed, given: Mapping[str, str]) -> dict[str, Any]:
    if listed.entry is None:
        return {"fields": [], "trials": [], "problem": ""}
    participant = given.get(PARTICIPANT, "").strip()
    beholder = Beholder(frozenset({participant} - {""}))
    run = Run(listed.entry, beholder, shelf().database, ZoneInfo(current_app.config["TIME_ZONE"]))
    try:
        asked = run.sample({name: value for name, value in given.items() if value.strip()})
    except (RuleBroken, HubUnavailable) as problem:
        return {"fields": _fields(listed.entry, {}, given), "trials": [], "problem": str(problem)}
    trials = [_told(trial) for trial in tried(listed.entry, shelf().database, beholder, asked.values)]
    return {"fields": _fields(listed.entry, asked.given, given), "trials": trials, "problem": ""}


def _fields(entry: Entry, sampled: Mapping[str, str], given: Mapping[str, str]) -> list[dict[str, Any]]:
    params = [
        {"name": param.name, "label": spoken(param.label), "value": sampled.get(param.name, given.get(param.name, ""))}
        for param in entry.report.params
    ]
    return [*params, {"name": PARTICIPANT, "label": _("Seen by the people of"), "value": given.get(PARTICIPANT, "")}]


def _told(trial: Trial) -> dict[str, Any]:
    heads = [
        {"key": each.key, "label": spoken(each.label), "kind": "owes" if each.owes else KINDS[each.type]}
        for each in trial.query.columns
    ]
    rows = [{each.key: _value(each, row) for each in trial.query.columns} for row in trial.rows]
    return {**vars(trial), "title": spoken(trial.query.title), "name": trial.query.name, "heads": heads, "rows": rows}


def _value(column: Column, row: Row) -> Any:
    value = row[column.key]
    if column.type is ColumnType.MONEY and isinstance(value, Decimal):
        return Money(str(row[column.currency]), value)
    return value
