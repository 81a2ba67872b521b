"""Producing packs: each by one process at a time, in the name of its participant, again after whatever went wrong."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from bff import HubUnavailable, Missing, RuleBroken
from bff.change import words
from bff.change.tasks import naive
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.document import NotWritable
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.domain.delivery import Did, PackState
from microfrontends.reports.execute import Busy
from microfrontends.reports.kept import KeptFiles
from microfrontends.reports.packs.history import PackHistory, Written
from microfrontends.reports.packs.preview import Glance
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import LostTurn, Packs, Step
from microfrontends.reports.packs.table import pack, pack_file
from microfrontends.reports.runs.produce import Produced, Wanted, Watch, produce
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.shelf import Shelf
from microfrontends.reports.source.line import Left

MOST = 6  # attempts at what went wrong on our side
SOONEST, LATEST = timedelta(seconds=15), timedelta(hours=1)
HUB_AWAY = _l("The hub's database did not answer. It is tried again.")
NO_REPORT = _l("There is no report of this name any more, or it is no longer distributed.")
MOVED = _l("The hub's data changed between two of its formats. It is produced again.")
BROKEN = _l("Something went wrong in the portal. Tell whoever runs it: the log says more.")
log = structlog.get_logger()


@dataclass(frozen=True)
class Recipient:
    """Whom a pack is produced for: somebody who is of exactly that participant, and sees nothing else."""

    participants: frozenset[str]
    sees_all: bool = False


@dataclass
class Pulse:
    """Says every few seconds that a pack is worked at; `gone` once it is no longer ours, or work is to be put down."""

    packs: Packs
    pack: Pack
    holder: str
    stopping: threading.Event
    lost: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def gone(self) -> bool:
        """Whether to leave off."""
        return self.lost or self.stopping.is_set()

    def beat(self) -> None:
        """Go on until the work has ended."""
        while not self.ended.wait(self.packs.lease.total_seconds() / 6):
            try:
                self.lost = self.lost or not self.packs.prolong(self.pack, self.holder)
            except Exception:  # a database that is away for a while; whoever lost the pack is told when it writes
                log.exception("pulse_missed", pack=self.pack.id)


@dataclass(frozen=True)
class Producer:
    """Produces packs in the name of `holder`, until `stopping` is set."""

    packs: Packs
    shelf: Shelf
    files: KeptFiles
    holder: str
    language: str = "en"
    stopping: threading.Event = field(default_factory=threading.Event)

    def produce_due(self) -> int:
        """Produce what waits, one after the other; how many were taken up. Needs an app's context."""
        taken = 0
        for pack_id in self.packs.due():
            if self.stopping.is_set():
                break
            taken += self.take_up(pack_id)
        return taken

    def take_up(self, pack_id: str) -> bool:
        """Produce one pack, unless somebody else does; whether it was ours."""
        mine = self.packs.claim(pack_id, self.holder)
        if mine is None:
            return False
        pulse = Pulse(self.packs, mine, self.holder, self.stopping)
        beating = threading.Thread(target=pulse.beat, name=f"pulse {mine.id}", daemon=True)
        beating.start()
        try:
            self._produce(mine, pulse)
        except (LostTurn, Left):
            log.warning("pack_put_down", pack=mine.id, holder=self.holder)
            self._put_down(mine)
        except Exception as problem:
            self._went_wrong(mine, problem)
        finally:
            pulse.ended.set()
            beating.join()
        return True

    def _produce(self, mine: Pack, pulse: Pulse) -> None:
        entry = self.shelf.catalogue.get(mine.report)
        if entry is None or entry.report.distribute is None:
            raise RuleBroken(NO_REPORT)
        self._forget_files(mine)
        made = [self._write(mine, entry, form, pulse) for form in entry.report.distribute.formats]
        written = [each for each in made if isinstance(each, Written)]
        if not written:
            raise RuleBroken(next(each for each in made if not isinstance(each, Written)))
        if len({each.produced.rows for each in written}) > 1:
            raise RuleBroken(MOVED)
        rows, digests = written[0].produced.rows, sorted({each.produced.file.sha256 for each in written})
        now, detail = naive(self.packs.clock()), {"rows": rows, "sha256": digests}
        facts = {"state": PackState.NEW, "row_count": rows, "produced_at": now, "problem": ""}
        self.packs.settle(mine, self.holder, Step(Did.PRODUCED, detail=detail), self._appears(mine, written), **facts)

    @property
    def history(self) -> PackHistory:
        """Where what is produced stands among the runs."""
        return PackHistory(Runs(self.packs.engine, self.packs.clock), self.language)

    def _appears(self, mine: Pack, written: Sequence[Written]) -> Any:
        def appear(connection: Connection, seq: int) -> None:
            connection.execute(sa.update(pack).where(pack.c.id == mine.id).values(produced_seq=seq))
            self.packs.supersede(connection, mine)
            self.history.produced(connection, seq, mine, written)

        return appear

    def _fails(self, mine: Pack, problem: str) -> Any:
        return lambda connection, seq: self.history.failed(connection, seq, mine, problem)

    def _write(self, mine: Pack, entry: Entry, form: str, pulse: Pulse) -> Written | Any:
        """One format's file; the sentence that says why not, where this format can never hold the report."""
        begun = time.monotonic()
        glances: list[Glance] = []

        def link(connection: Connection, made: Produced) -> None:
            row = {"pack": mine.id, "form": form, "problem": ""}
            kept = {"file": made.file.id, "size": made.file.size, "sha256": made.file.sha256}
            self.packs.hold(connection, mine, self.holder, {"as_of": naive(glances[0].as_of)})
            connection.execute(sa.insert(pack_file).values(**row, **kept))

        watch = Watch(gone=pulse.gone, link=link, begun=lambda document: glances.append(Glance(document)))
        wanted = Wanted(mine.parameters, Format(form), self.language)
        try:
            made = produce(entry, Recipient(frozenset({mine.participant})), wanted, watch)
        except NotWritable as problem:
            row = {"pack": mine.id, "form": form, "size": 0, "sha256": "", "problem": words.kept(problem.args[0])}
            with self.packs.engine.begin() as connection:
                self.packs.hold(connection, mine, self.holder)
                connection.execute(sa.insert(pack_file).values(row))
            return problem.args[0]
        self._keep_preview(mine, glances[0])
        return Written(form, made, round((time.monotonic() - begun) * 1000))

    def _keep_preview(self, mine: Pack, glance: Glance) -> None:
        found = self.packs.find(mine.id)
        if found and not found.preview:
            self.files.keep(
                [glance.kept()],
                lambda connection, file: self.packs.hold(connection, mine, self.holder, {"preview": file.id}),
            )

    def _forget_files(self, mine: Pack) -> None:
        """What an earlier turn has left: all formats are of about one moment."""
        with self.packs.engine.begin() as connection:
            self.packs.hold(connection, mine, self.holder, {"preview": None})
            for each in self.packs.files_in(connection, mine.id):
                connection.execute(
                    sa.delete(pack_file).where(pack_file.c.pack == mine.id, pack_file.c.form == each.form)
                )
                if each.file:
                    self.files.drop_in(connection, each.file)
            if mine.preview:
                self.files.drop_in(connection, mine.preview)

    def _put_down(self, mine: Pack) -> None:
        try:
            self.packs.let_go(mine, self.holder, mine.trouble, self.packs.clock(), mine.attempts)
        except LostTurn:
            return  # whoever took it over goes on

    def _went_wrong(self, mine: Pack, problem: Exception) -> None:
        sentence, counts = _said(problem)
        attempts = mine.attempts + counts
        log.warning("pack_not_produced", pack=mine.id, report=mine.report, problem=repr(problem), attempts=attempts)
        try:
            if attempts >= MOST:
                told = words.kept(sentence)
                step = Step(Did.FAILED, reason=words.in_english(told))
                facts = {"state": PackState.FAILED, "problem": told, "attempts": attempts}
                self.packs.settle(mine, self.holder, step, self._fails(mine, told), **facts)
            else:
                later = self.packs.clock() + wait_after(attempts)
                self.packs.let_go(mine, self.holder, words.kept(sentence), later, attempts)
        except LostTurn:
            log.warning("pack_lost", pack=mine.id, holder=self.holder)


def wait_after(attempts: int) -> timedelta:
    """How long to wait before the next attempt: twice as long each time, up to a bound."""
    return min(SOONEST * (1 << min(attempts, 10)), LATEST)


def _said(problem: Exception) -> tuple[Any, int]:
    """Why a pack could not be produced, and whether that counts: a hub that is away costs no attempt."""
    if isinstance(problem, HubUnavailable | Busy):
        return HUB_AWAY, 0
    if isinstance(problem, Missing | RuleBroken):
        return problem.args[0], 1
    log.error("pack_broke", exc_info=problem)
    return BROKEN, 1
