"""A report as a file that leaves while it is read: which format, how long it may take, what happens when it may not."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, current_app, request
from flask_babel import gettext as _

from bff.texts import in_language
from bff.web.failures import Failure, answer
from bff.web.locale import language
from microfrontends.reports import remembered
from microfrontends.reports.document import Document
from microfrontends.reports.domain.definition import Column, Format
from microfrontends.reports.domain.look import finds
from microfrontends.reports.execute import Busy
from microfrontends.reports.formats import csv, json, pdf, xlsx
from microfrontends.reports.formats.names import attachment
from microfrontends.reports.run import UNLIMITED, Asked, Run
from microfrontends.reports.source.line import Left, Wait

Head = Callable[[Column], str]
AGAIN = 10  # seconds after which a busy app is worth another try


@dataclass(frozen=True)
class Writer:
    """How a format is written, what it is called, and how many rows of a table it holds."""

    type: str
    stream: Callable[[Document, Head], Iterator[bytes]]
    most: int = UNLIMITED


WRITERS = {
    Format.CSV: Writer(csv.TYPE, csv.stream),
    Format.XLSX: Writer(xlsx.TYPE, xlsx.stream, xlsx.ROWS),
    Format.JSON: Writer(json.TYPE, json.stream),
    Format.JSONL: Writer(json.LINES_TYPE, json.stream_lines),
    Format.PDF: Writer(pdf.TYPE, pdf.stream, pdf.ROWS),
}


class _Sending:
    """A file on its way: its pieces, and the document that goes into them."""

    def __init__(self, run: Run, asked: Asked, form: Format, head: Head) -> None:
        self.document: Document | None = None
        self._all = self._written(run, asked, WRITERS[form], head)
        # Its first piece is made before anything is sent: a failure is no half file.
        self._first = next(self._all, b"")

    def pieces(self) -> Iterator[bytes]:
        """All of the file. Once closed, its query has been stopped."""
        try:
            with suppress(Left):
                yield self._first
                yield from self._all
        finally:
            self._all.close()  # type: ignore[attr-defined]

    def _written(self, run: Run, asked: Asked, writer: Writer, head: Head) -> Iterator[bytes]:
        wait = Wait(run.seconds(current_app.extensions["portal_settings"].file_seconds), gone(), long=True)
        with run.document(asked, wait, writer.most) as document:
            self.document = document
            yield from writer.stream(document, head)


def by_key(column: Column) -> str:
    """A column's key, for programs."""
    return column.key


def by_label() -> Head:
    """A column's label in the reader's language, which is asked for now: a stream outlasts its request."""
    tongue = language()
    return lambda column: in_language(column.label, tongue)


def exported(run: Run, asked: Asked, form: Format, head: Head) -> Response:
    """The report as a file. `head`: what stands over a column."""
    sought = finds(asked.given, run.report.tables)
    with remembered.attempt(run.report, asked.values, str(form), sought) as attempt:
        sending = _Sending(run, asked, form, head)
        body = attempt.sent(sending.pieces(), lambda: sending.document)
    headers = attachment(run.report.name, asked.values, datetime.now(UTC), str(form))
    return Response(body, content_type=WRITERS[form].type, headers=headers)


def wait_of(run: Run) -> Wait:
    """How long a page of the report may take, as long as its reader waits."""
    return Wait(run.seconds(current_app.extensions["portal_settings"].report_seconds), gone())


def gone() -> Callable[[], bool]:
    """Whether the present request's client has closed its connection; under another server than gunicorn: never."""
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is None:
        return lambda: False

    def closed() -> bool:
        try:
            readable, _, _ = select.select([connection], [], [], 0)
            return bool(readable) and not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except (OSError, ValueError):  # closed on our side already
            return True

    return closed


def install(app: Flask) -> None:
    """Say what a busy app says, and end what nobody waits for."""
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(Left, lambda _error: Response(status=499))


def _busy(_error: Busy) -> Response:
    sentence = _("As many reports are running as may at a time. Try again in %(seconds)s seconds.", seconds=AGAIN)
    said = answer(Failure(503, _("The portal is busy"), sentence))
    said.headers["Retry-After"] = str(AGAIN)
    return said
