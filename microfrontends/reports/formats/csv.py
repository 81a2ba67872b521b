"""A report as CSV (RFC 4180): UTF-8, CRLF, its tables one after the other, and an end that says what the file holds.

The first table begins at the first line. Every line beside a table's own begins with `#`: a further table's title, and
at the end facts, totals, parameters, rows, moment and the SHA-256 of all before that line. Without it the file was cut.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.formats.facts import fact_lines, total_lines
from microfrontends.reports.formats.text import FORMULA_STARTS, guarded

TYPE = "text/csv; charset=utf-8; header=present"
CHUNK = 64 * 1024  # bytes sent together
FIGURES = (ColumnType.MONEY, ColumnType.DECIMAL, ColumnType.INTEGER, ColumnType.DATE_TIME)


class _Lines:
    """What csv writes into; holds it until it is sent."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.size = 0
        self.digest = sha256()

    def write(self, part: str) -> int:
        self._parts.append(part)
        self.size += len(part)
        return len(part)

    def taken(self) -> bytes:
        said, self._parts, self.size = "".join(self._parts).encode(), [], 0
        self.digest.update(said)
        return said


def stream(document: Document, head: Callable[[Column], str]) -> Iterator[bytes]:
    """The file in pieces. `head`: what stands over a column."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    for at, part in enumerate(document.parts):
        if at:
            lines.write("\r\n")
            writer.writerow([f"# {document.label(part.query.title)}"])
        writer.writerow([guarded(head(column)) for column in part.query.columns])
        for columns in part.text_batches():
            writer.writerows(zip(*_harmless(part, columns), strict=True))
            if lines.size >= CHUNK:
                yield lines.taken()
    writer.writerows(_end(document, head))
    yield lines.taken()
    document.seals.append(lines.digest.hexdigest())
    writer.writerow(["# sha-256", *document.seals])
    yield lines.taken()


def _harmless(part: Part, columns: Sequence[Sequence[str | None]]) -> Iterator[Sequence[str | None]]:
    # Figures are no texts: a negative amount stays a number.
    for column, values in zip(part.query.columns, columns, strict=True):
        yield (
            values
            if column.type in FIGURES
            else [f"'{value}" if value and value[0] in FORMULA_STARTS else value for value in values]
        )


def _end(document: Document, head: Callable[[Column], str]) -> Iterator[Sequence[str]]:
    for label, value in fact_lines(document, head):
        yield f"# {label}", guarded(value)
    for line in total_lines(document, head):
        yield "# total", *(guarded(said) if not said[-1:].isdigit() else said for said in line)
    for name, value in document.parameters.items():
        yield f"# parameter {name}", guarded(value)
    yield "# rows", str(document.count)
    yield "# as of", document.moment
