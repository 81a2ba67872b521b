"""A report as CSV (RFC 4180): UTF-8, CRLF, a row at a time."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from microfrontends.reports.domain.definition import Column
from microfrontends.reports.domain.results import Row
from microfrontends.reports.formats.text import guarded, harmless

TYPE = "text/csv; charset=utf-8; header=present"
CHUNK = 64 * 1024  # bytes sent together


class _Lines:
    """What csv writes into; holds it until it is sent."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def write(self, part: str) -> int:
        self.parts.append(part)
        self.size += len(part)
        return len(part)

    def taken(self) -> bytes:
        said, self.parts, self.size = "".join(self.parts).encode(), [], 0
        return said


def stream(columns: Sequence[Column], heads: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file in pieces: the heads, then each row."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([guarded(head) for head in heads])
    for row in rows:
        writer.writerow([harmless(column, row) for column in columns])
        if lines.size >= CHUNK:
            yield lines.taken()
    yield lines.taken()
