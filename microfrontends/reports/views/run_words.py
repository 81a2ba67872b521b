"""How a run is told: its report, its way and state in words, its values by their labels, how long it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import Identity
from bff.change.words import said
from bff.web.formats import figure, when
from bff.web.locale import spoken
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.domain.definition import ParamType
from microfrontends.reports.domain.look import FIND
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.packs.history import on_behalf_of
from microfrontends.reports.runs.records import KeptRun, State, Way
from microfrontends.reports.shelf import shelf

WAYS = {
    Way.PAGE: _l("On a page"),
    Way.FILE: _l("As a file"),
    Way.API: _l("By a program"),
    Way.JOB: _l("In the background"),
    Way.PACK: _l("For a pack"),
}
STATES = {
    State.WAITING: _l("Waiting"),
    State.RUNNING: _l("Running"),
    State.COMPLETE: _l("Complete"),
    State.CUT_OFF: _l("Cut off"),
    State.FAILED: _l("Failed"),
    State.CANCELLED: _l("Cancelled"),
}
# The code that has the look.
LOOKS = {State.COMPLETE: "DONE", State.CUT_OFF: "UNKNOWN", State.CANCELLED: "WITHDRAWN"}


@dataclass(frozen=True)
class Told:
    """A run as somebody may see it. `values`: None where they may no longer see whose rows it showed."""

    run: KeptRun
    who: Identity
    entry: Entry | None

    @classmethod
    def of(cls, run: KeptRun, who: Identity) -> "Told":
        """With its report as it is now."""
        return cls(run, who, shelf().catalogue.get(run.report))

    @property
    def title(self) -> str:
        """What the report is called; its name where there is no such report any more, or none for such readers."""
        return spoken(self.entry.report.title) if self.entry and self._known else self.run.report

    @property
    def href(self) -> str:
        """The run's page."""
        return url_for("runs.show", run_id=self.run.id)

    @property
    def seen(self) -> bool:
        """Whether its values are for this reader."""
        return self.run.by.within(self.who.sees_all, self.who.participants)

    @property
    def values(self) -> list[tuple[str, str]] | None:
        """Each value by its label."""
        if not self.seen:
            return None
        params = {param.name: param for param in self.entry.report.params} if self.entry and self._known else {}
        told = []
        for name, value in self.run.parameters.items():
            param = params.get(name)
            if name.startswith(FIND):
                told.append((_("Find in the rows"), value))
                continue
            moment = _moment(value) if param and param.type is ParamType.DATE_TIME else None
            shown = when(moment, current_app.config["TIME_ZONE"], seconds=True) if moment else value
            told.append((spoken(param.label) if param else name, shown))
        return told

    @property
    def asked(self) -> str:
        """The values in one line."""
        if self.values is None:
            return _("Not for you to see any more")
        return ", ".join(f"{label} {value}" for label, value in self.values)

    @property
    def way(self) -> str:
        """How it was run, and in which format."""
        said_of = str(WAYS[self.run.way])
        return said_of if self.run.way is Way.PAGE or not self.run.form else f"{said_of}, {self.run.form.upper()}"

    @property
    def by_whom(self) -> str:
        """Who ran it; what happened at the hub, where it was run for a pack."""
        return on_behalf_of(self.run)

    @property
    def state(self) -> str:
        """In a word."""
        return str(STATES[self.run.state])

    @property
    def look(self) -> str:
        """The code whose look it has."""
        return LOOKS.get(self.run.state, str(self.run.state))

    @property
    def problem(self) -> str:
        """Why it failed, in the reader's language where it is ours."""
        return said(self.run.problem) if self.seen else ""

    @property
    def rows(self) -> int | None:
        """How many rows there were, or are so far."""
        return self.run.rows

    @property
    def seconds(self) -> str:
        """How long it took; empty where that is not known."""
        spent = self.run.milliseconds
        return "" if spent is None else _("%(seconds)s s", seconds=figure(Decimal(spent) / 1000, 1))

    @property
    def again(self) -> str:
        """Where the report is asked for with the same values; empty where the reader may not."""
        if not (self.entry and self._open and self.seen):
            return ""
        return f"{url_for('run.report', name=self.run.report)}?{urlencode(self._typed(self.entry))}"

    @property
    def fetchable(self) -> bool:
        """Whether this reader, and nobody else, may fetch the file now."""
        return self.run.ready and self.owned and self._open and self.seen

    @property
    def owned(self) -> bool:
        """Whether it is the reader's own."""
        return self.run.by.actor.subject == self.who.subject

    @property
    def _known(self) -> bool:
        return self.entry is not None and may_run(self.entry.report, self.who.sees_all)

    @property
    def _open(self) -> bool:
        return self._known and self.entry is not None and self.who.may(self.entry.report.permission)

    def _typed(self, entry: Entry) -> Mapping[str, str]:
        """The values as the form's fields take them: moments in the hub's zone, without their offset."""
        zone = ZoneInfo(current_app.config["TIME_ZONE"])
        moments = {param.name for param in entry.report.params if param.type is ParamType.DATE_TIME}
        return {name: _local(value, zone) if name in moments else value for name, value in self.run.parameters.items()}


def _local(value: str, zone: ZoneInfo) -> str:
    moment = _moment(value)
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if moment else value


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
