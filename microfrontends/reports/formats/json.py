"""A report as JSON: what it is of, then its rows, one at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from microfrontends.reports.domain.definition import Column
from microfrontends.reports.domain.results import Row
from microfrontends.reports.formats.text import plain, written

TYPE = "application/json"


def stream(head: Mapping[str, object], columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """One object in pieces: the head's members, then "rows"."""
    yield json.dumps(dict(head), ensure_ascii=False)[:-1].encode() + b', "rows": ['
    between = b""
    for row in rows:
        yield between + json.dumps(_cells(columns, row), ensure_ascii=False).encode()
        between = b",\n"
    yield b"]}\n"


def _cells(columns: Sequence[Column], row: Row) -> dict[str, int | str | None]:
    return {column.key: written(column, row) if column.currency else plain(row[column.key]) for column in columns}
