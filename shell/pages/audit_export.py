"""Decides how the audit leaves as CSV: all that was asked for, streamed, harmless to spreadsheets, itself audited."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog
from flask import Response, stream_with_context
from flask_babel import gettext as _

from bff.change.audit import AuditLog, Happening, Outcome, audit_log
from bff.web.failures import Failure, answer
from shell.chains import Chain
from shell.entries import Line, as_json
from shell.merge import Batch, Cursor, merge
from shell.pages.audit_filters import Filters
from shell.reading import Reader, Silent

EXPORT: Final = "audit.export"
TYPE: Final = "text/csv; charset=utf-8; header=present"
BATCH: Final = 200
CHUNK: Final = 64 * 1024
# A spreadsheet takes what begins so for a formula; the last four are the wide forms of the first four.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HEADS: Final = (
    "at", "app", "seq", "actor", "name", "username", "roles", "action", "outcome", "target", "participant",
    "reason", "before", "after", "detail", "task", "request_id", "trace_id", "previous", "hash",
)  # fmt: skip

log = structlog.get_logger()


@dataclass
class Walk:
    """All entries that fit, the newest first; each chain is asked for more when it has run out."""

    reader: Reader
    chains: Sequence[Chain]
    query: Mapping[str, str]
    waiting: dict[str, Batch] = field(default_factory=dict)

    def fill(self) -> None:
        """Ask every chain that has run out and goes on. Raises Silent."""
        batches = self.waiting.values()
        places = {batch.chain: batch.goes_on or 0 for batch in batches if not batch.lines}
        dry = [chain for chain in self.chains if chain.name not in self.waiting or places.get(chain.name)]
        for part in self.reader.page(dry, self.query, Cursor(places), BATCH):
            if part.batch is None or part.unread:
                raise Silent(part.chain)
            self.waiting[part.chain.name] = part.batch

    def lines(self) -> Iterator[Line]:
        """Raises Silent where a chain falls silent on the way."""
        while True:
            batches = list(self.waiting.values())
            merged = merge(batches, Cursor(), sum(len(batch.lines) for batch in batches))
            yield from merged.lines
            if merged.next is None:
                return
            places = merged.next.places
            for batch in batches:
                left = [line for line in batch.lines if line.seq < places[batch.chain]]
                self.waiting[batch.chain] = Batch(batch.chain, left, batch.goes_on)
            self.fill()


def stream(reader: Reader, chains: Sequence[Chain], filters: Filters) -> Response:
    """The file. Where a chain is silent there is none: it would look whole."""
    wanted = [chain for chain in chains if filters.app in ("", chain.name)]
    walk, audit = Walk(reader, wanted, filters.asked()), audit_log()
    detail = {**filters.query(), "chains": [chain.name for chain in wanted]}
    audit.record(Happening(action=EXPORT, outcome=Outcome.READ, detail=detail))
    try:
        walk.fill()
    except Silent as silent:
        title = _("%(name)s does not answer", name=silent.chain.title)
        sentence = _("A file without its entries would look whole. Try again, or leave this area out by the filter.")
        return answer(Failure(503, title, sentence))
    name = f"audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = stream_with_context(_written(walk, audit, name))
    return Response(body, content_type=TYPE, headers=headers)


def _written(walk: Walk, audit: AuditLog, name: str) -> Iterator[bytes]:
    """The file in pieces; at its end the audit has its digest, so that a file can be shown to be this one."""
    digest, count, sheet = hashlib.sha256(), 0, _Sheet()
    try:
        sheet.row(HEADS)
        for line in walk.lines():
            sheet.row(_cells(line))
            count += 1
            if sheet.size > CHUNK:
                digest.update(piece := sheet.taken())
                yield piece
        digest.update(piece := sheet.taken())
        yield piece
    except BaseException as problem:
        # The connection is cut, which every browser shows as a failed download: half a file must not look whole.
        log.warning("export_cut", problem=type(problem).__name__, rows=count)
        audit.attempt(Happening(action=EXPORT, outcome=Outcome.FAILED, target=name, detail={"rows": count}))
        raise
    told = {"rows": count, "sha256": digest.hexdigest()}
    audit.attempt(Happening(action=EXPORT, outcome=Outcome.DONE, target=name, detail=told))


class _Sheet:
    """Rows as CSV (RFC 4180), held until they are taken."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.size = 0
        self._writer = csv.writer(self, lineterminator="\r\n")

    def row(self, cells: Sequence[str]) -> None:
        self._writer.writerow([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells])

    def write(self, part: str) -> int:
        """What the writer makes of a row."""
        self._parts.append(part)
        self.size += len(part)
        return len(part)

    def taken(self) -> bytes:
        said, self._parts, self.size = "".join(self._parts).encode("utf-8", "replace"), [], 0
        return said


def _cells(line: Line) -> list[str]:
    facts = [as_json(each) if each else "" for each in (line.before, line.after, line.detail)]
    at = line.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return [
        at, line.chain, str(line.seq), line.subject, line.name, line.username, " ".join(line.roles), line.action,
        line.outcome, line.target, line.participant, line.reason, *facts, line.task, line.request_id, line.trace_id,
        line.previous, line.hash,
    ]  # fmt: skip
