"""What the run history keeps of packs: each file that was written for one, and in whose place: that of its event."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bff.change.happening import SYSTEM, Actor
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.packs.records import Happened, Pack
from microfrontends.reports.packs.words import begun, happened
from microfrontends.reports.runs.produce import Produced
from microfrontends.reports.runs.records import By, KeptRun, NewRun, State, Way
from microfrontends.reports.runs.store import Runs


@dataclass(frozen=True)
class Written:
    """One format of a pack, and how long it took."""

    form: str
    produced: Produced
    milliseconds: int


@dataclass(frozen=True)
class PackHistory:
    """Adds packs to the runs, in the language in which their files are written."""

    runs: Runs
    language: str

    def produced(self, connection: Connection, entry: int, of: Pack, files: Sequence[Written]) -> None:
        """A pack appears: its files are runs of its report. `entry`: of the audit, which tells the same."""
        for each in files:
            seals, rows = " ".join(each.produced.sha256), each.produced.rows
            facts = {"entry": entry, "row_count": rows, "milliseconds": each.milliseconds, "sha256": seals}
            self.runs.add(connection, self._run(of, each.form), State.COMPLETE, **facts)

    def failed(self, connection: Connection, entry: int, of: Pack, problem: str) -> None:
        """It was given up. `problem`: the sentence, as it is kept."""
        self.runs.add(connection, self._run(of, ""), State.FAILED, entry=entry, problem=problem)

    def _run(self, of: Pack, form: str) -> NewRun:
        # People search by this name in English; whoever reads it sees it in their own language.
        event = of.event
        by = Actor(SYSTEM.subject, f"{event.kind.replace('_', ' ')} {event.object}", f"{event.kind}:{event.object}")
        confined = By(by, False, frozenset({of.participant}))
        return NewRun(Way.PACK, of.report, form, dict(of.parameters), self.language, confined)


def on_behalf_of(run: KeptRun) -> str:
    """What happened that a pack's run was for, in the reader's language; the person's name for any other run."""
    kind, _colon, number = run.by.actor.username.partition(":")
    if run.way is not Way.PACK or kind not in list(Event) or not number.isdecimal():
        return run.by.actor.name
    return begun(happened(Happened(Event(kind), int(number), run.asked_at)))
