"""A report written into a file that is kept: in the background for whoever asked, or by the portal for a DFSP."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import Connection

from bff import RuleBroken
from bff.texts import in_language
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.document import Document
from microfrontends.reports.domain.definition import Column, Format
from microfrontends.reports.domain.scope import confinement
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.export import WRITERS, Head, by_key
from microfrontends.reports.kept import KeptFile
from microfrontends.reports.remembered import present_runs
from microfrontends.reports.run import UNLIMITED, Asked, Reader, Run
from microfrontends.reports.shelf import shelf
from microfrontends.reports.source.line import Left, Wait


@dataclass(frozen=True)
class Produced:
    """A file that is kept, the rows in it, and the SHA-256 that it carries."""

    file: KeptFile
    rows: int
    sha256: tuple[str, ...]


Link = Callable[[Connection, Produced], None]


@dataclass
class Watch:
    """What goes on meanwhile: `gone` says that nobody wants the file any more, `document` how far it has come."""

    gone: Callable[[], bool] = lambda: False
    link: Link = lambda _connection, _produced: None
    seconds: float | None = None
    begun: Callable[[Document], None] = lambda _document: None  # before its rows pass
    document: Document | None = field(default=None, init=False)

    @property
    def rows(self) -> int:
        """Those written so far."""
        return self.document.count if self.document else 0


@dataclass(frozen=True)
class Wanted:
    """Which file: with which values, in which format and language; `keyed`: columns by their keys, for programs."""

    given: Mapping[str, str]
    form: Format
    language: str = "en"
    keyed: bool = False


def produce(entry: Entry, reader: Reader, wanted: Wanted, watch: Watch | None = None) -> Produced:
    """Write a report as its reader may see it. Needs an app's context.

    `watch.link` runs in the transaction that makes the file readable. Raises RuleBroken for values that do not fit,
    too many rows or too long a time; Missing, HubUnavailable, Busy; and Left once `watch.gone()`.
    """
    watch = watch or Watch()
    with force_locale(wanted.language):
        run = Run(entry, reader, shelf().database, _zone(), wanted.language)
        asked = run.asked(wanted.given)
        if not asked.fit:
            names = ", ".join(problem.param.name for problem in asked.problems)
            raise RuleBroken(f"The report {entry.report.name} cannot be run with this: {names}.")
        held: list[Produced] = []

        def link(connection: Connection, file: KeptFile) -> None:
            held.append(Produced(file, watch.rows, tuple(watch.document.seals if watch.document else ())))
            watch.link(connection, held[0])

        present_runs().files.keep(_written(run, asked, wanted, watch), link)
    return held[0]


def counted(entry: Entry, reader: Reader, given: Mapping[str, str], wait: Wait) -> int | None:
    """How many rows the file will hold; None where counting takes too long."""
    database: HubDatabase = shelf().database.of(entry.report.source)
    bound = {**Run(entry, reader, shelf().database, _zone()).asked(given).values}
    bound.update(confinement(reader.sees_all, reader.participants))
    with suppress(RuleBroken), database.snapshot(wait) as snapshot:
        statements = [entry.statements[query.name] for query in entry.report.tables]
        return sum(snapshot.count(each, bound, UNLIMITED) for each in statements)
    return None


def _written(run: Run, asked: Asked, wanted: Wanted, watch: Watch) -> Iterator[bytes]:
    writer = WRITERS[wanted.form]
    usual = watch.seconds or current_app.extensions["portal_settings"].job_seconds
    wait = Wait(max(run.seconds(usual), usual), watch.gone, long=True)
    with run.document(asked, wait, writer.most) as document:
        watch.document = document
        watch.begun(document)
        for piece in writer.stream(document, by_key if wanted.keyed else _label_in(wanted.language)):
            if watch.gone():
                raise Left
            yield piece


def _label_in(language: str) -> Head:
    def label(column: Column) -> str:
        return in_language(column.label, language)

    return label


def _zone() -> ZoneInfo:
    return ZoneInfo(current_app.config["TIME_ZONE"])
