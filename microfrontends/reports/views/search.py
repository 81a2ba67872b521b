"""What reports somebody means by a few words, and which of them are about the participant or transfer that is named."""

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, url_for

from bff import HubUnavailable, RuleBroken, asker, requires
from bff.web.finding import Hit, answer, wanted
from bff.web.locale import language, spoken
from microfrontends.reports.domain.definition import Param, ParamType, Report
from microfrontends.reports.domain.finding import found, sought
from microfrontends.reports.domain.scope import confinement
from microfrontends.reports.permissions import P
from microfrontends.reports.pickers import STATEMENTS
from microfrontends.reports.shelf import open_to_reader, shelf

# A UUID or a ULID, as hubs name transfers; the parameter that takes one is called so in the hub's own documents.
TRANSFER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
TAKES_TRANSFER = "transferId"
SHORTEST, PARTICIPANTS = 3, 3  # letters after which participants are looked for, how many at most
blueprint = Blueprint("search", __name__)


@blueprint.get("/slots/search")
@requires(P.VIEW_CATALOGUE)
def hits() -> Response:
    """Reports that the reader may run, by what they say and by what they are about."""
    return answer(_hits(wanted()))


def _hits(words: str) -> Iterator[Hit]:
    reports = sorted(open_to_reader(), key=lambda report: spoken(report.title).casefold())
    if TRANSFER.fullmatch(words):
        yield from _about(reports, lambda param: param.name == TAKES_TRANSFER, words)
        return
    said = sought(words)
    if not said:
        return
    matching = [report for report in reports if found(report, said, language())]
    # What is named so comes before what merely has such a column.
    named = [report for report in matching if words.casefold() in spoken(report.title).casefold()]
    for name in _participants(words):
        yield from _about(reports, lambda param: param.type is ParamType.PARTICIPANT, name)
    for report in (*named, *(report for report in matching if report not in named)):
        yield Hit(spoken(report.title), url_for("run.report", name=report.name), spoken(report.group))


def _about(reports: Sequence[Report], fits: Callable[[Param], bool], value: str) -> Iterator[Hit]:
    """Reports that ask for such a thing and for nothing else that must be said, with the thing filled in."""
    for report in reports:
        asked = next((param for param in report.params if fits(param)), None)
        if asked and not any(param.required for param in report.params if param is not asked):
            # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
            address = f"{url_for('run.report', name=report.name)}?{urlencode({asked.name: value})}"
            yield Hit(spoken(report.title), address, value)


def _participants(words: str) -> list[str]:
    """The participants that are meant, of those that the reader sees; none while the hub's database does not answer."""
    if len(words) < SHORTEST:
        return []
    who = asker()
    try:
        with shelf().database.snapshot() as snapshot:
            rows = snapshot.rows(STATEMENTS[ParamType.PARTICIPANT], confinement(who.sees_all, who.participants))
            names = [str(row["value"]) for row in rows]
    except (HubUnavailable, RuleBroken):
        return []
    return [name for name in names if words.casefold() in name.casefold()][:PARTICIPANTS]
