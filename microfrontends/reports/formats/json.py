"""A report as JSON: what it is of, then its rows as they come; as one object, or a line for each row."""

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.formats.facts import cell_text, total_text

TYPE, LINES_TYPE = "application/json", "application/jsonl"
_write = json.JSONEncoder(ensure_ascii=False).encode


class _Sent:
    """Pieces on their way, and their SHA-256."""

    def __init__(self) -> None:
        self._digest = sha256()

    def piece(self, text: str) -> bytes:
        said = text.encode()
        self._digest.update(said)
        return said

    @property
    def hash(self) -> str:
        """Of all pieces so far."""
        return self._digest.hexdigest()


def stream(document: Document, _head: Callable[[Column], str]) -> Iterator[bytes]:
    """One object. `rows` are those of the first table; further ones stand in `tables`; `sha256` is of all before it."""
    sent, (first, *further) = _Sent(), document.parts
    yield sent.piece(f'{_open(_heading(document) | {"columns": _columns(document, first)})}, "rows": [')
    yield from _rows(sent, first)
    yield sent.piece(f'], "totals": {_write(_totals(first))}, "tables": [')
    for at, part in enumerate(further):
        yield sent.piece((", " if at else "") + _open(_described(document, part)) + ', "rows": [')
        yield from _rows(sent, part)
        yield sent.piece(f'], "totals": {_write(_totals(part))}}}')
    yield sent.piece(f'], "count": {document.count}, ')
    document.seals.append(sent.hash)
    yield f'"sha256": "{sent.hash}"}}\n'.encode()


def stream_lines(document: Document, _head: Callable[[Column], str]) -> Iterator[bytes]:
    """A heading, for each table a line that names it, its rows, and a last line whose `sha256` is of all before."""
    sent = _Sent()
    yield sent.piece(_write(_heading(document)) + "\n")
    for part in document.parts:
        yield sent.piece(_write(_described(document, part)) + "\n")
        for records in _records(part):
            yield sent.piece("".join(f"{_write(record)}\n" for record in records))
        yield sent.piece(_write({"end": part.query.name, "count": part.count, "totals": _totals(part)}) + "\n")
    document.seals.append(sent.hash)
    yield (_write({"end": document.report.name, "count": document.count, "sha256": sent.hash}) + "\n").encode()


def _rows(sent: _Sent, part: Part) -> Iterator[bytes]:
    between = ""
    for records in _records(part):
        yield sent.piece(between + ",\n".join(map(_write, records)))
        between = ",\n"


def _records(part: Part) -> Iterator[list[dict[str, Any]]]:
    """Money and decimals as strings, so that no reader makes a float of them."""
    keys = [column.key for column in part.query.columns]
    for columns in part.text_batches():
        typed = [
            [None if said is None else int(said) for said in values] if column.type is ColumnType.INTEGER else values
            for column, values in zip(part.query.columns, columns, strict=True)
        ]
        yield [dict(zip(keys, row, strict=True)) for row in zip(*typed, strict=True)]


def _open(members: Mapping[str, object]) -> str:
    return _write(members)[:-1]


def _heading(document: Document) -> dict[str, object]:
    facts = {query.name: {each.key: cell_text(each, row) for each in query.columns} for query, row in document.facts}
    return {
        "report": document.report.name,
        "as_of": document.moment,
        "parameters": dict(document.parameters),
        "facts": facts,
    }


def _described(document: Document, part: Part) -> dict[str, object]:
    title = document.label(part.query.title)
    return {"table": part.query.name, "title": title, "columns": _columns(document, part)}


def _columns(document: Document, part: Part) -> list[Mapping[str, str]]:
    return [
        {"key": column.key, "label": document.label(column.label), "type": str(column.type)}
        | ({"currency": column.currency} if column.currency else {})
        for column in part.query.columns
    ]


def _totals(part: Part) -> dict[str, dict[str, str]]:
    return {
        currency: {column.key: said for column in part.query.columns if (said := total_text(part, currency, column))}
        for currency in part.totals
    }
