"""The first rows of a pack as they passed into its files, kept for its page: what is shown is what was delivered."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bff import Money
from bff.web.locale import spoken
from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.domain.results import cell
from microfrontends.reports.source.line import Batch

MOST = 20  # rows of each table


class Glance:
    """Looks on while a document passes into a file."""

    def __init__(self, document: Document) -> None:
        self._document, self.as_of = document, document.as_of
        self._seen: list[list[list[object]]] = []
        for part in document.parts:
            rows: list[list[object]] = []
            self._seen.append(rows)
            part.found = _looked_on(part.found, rows)

    def kept(self) -> bytes:
        """What was seen, once the document has passed."""
        facts = [
            {**_named(column), "value": _text(row[column.key])}
            for query, row in self._document.facts
            for column in query.columns
        ]
        tables = [_table(part, rows) for part, rows in zip(self._document.parts, self._seen, strict=True)]
        return json.dumps({"facts": facts, "tables": tables}, ensure_ascii=False).encode()


def shown(kept: bytes, kinds: Mapping[ColumnType, str]) -> dict[str, Any]:
    """A preview for a page: facts, and tables as the macro `table` takes them. `kinds`: how each type is shown."""
    told = json.loads(kept)
    facts = [
        {"label": spoken(fact["label"]), "kind": kinds[ColumnType(fact["type"])], "value": _value(fact, fact["value"])}
        for fact in told["facts"]
    ]
    return {"facts": facts, "tables": [_section(table, kinds) for table in told["tables"] if table["rows"]]}


def _looked_on(found: Iterator[Batch], rows: list[list[object]]) -> Iterator[Batch]:
    for batch in found:
        rows += [list(row) for row in batch[: MOST - len(rows)]] if len(rows) < MOST else []
        yield batch


def _table(part: Part, rows: list[list[object]]) -> dict[str, Any]:
    places = [part.order.index(column.key) for column in part.query.columns]
    texts = [
        [_text(cell(row[place], column.type)) for column, place in zip(part.query.columns, places, strict=True)]
        for row in rows
    ]
    return {
        "title": part.query.title,
        "columns": [
            {**_named(column), "currency": column.currency, "owes": column.owes} for column in part.query.columns
        ],
        "rows": texts,
        "count": part.count,
    }


def _named(column: Column) -> dict[str, Any]:
    return {"key": column.key, "label": column.label, "type": column.type}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _section(table: Mapping[str, Any], kinds: Mapping[ColumnType, str]) -> dict[str, Any]:
    columns = [
        {
            "key": column["key"],
            "label": spoken(column["label"]),
            "kind": "owes" if column["owes"] else kinds[ColumnType(column["type"])],
        }
        for column in table["columns"]
    ]
    keys = [column["key"] for column in table["columns"]]
    rows = []
    for texts in table["rows"]:
        found = dict(zip(keys, texts, strict=True))
        rows.append(
            {
                column["key"]: _value(column, found[column["key"]], found.get(column["currency"]) or "")
                for column in table["columns"]
            }
        )
    return {"title": spoken(table["title"]), "columns": columns, "rows": rows, "count": table["count"]}


def _value(column: Mapping[str, Any], text: str | None, currency: str = "") -> Any:
    value = cell(text, ColumnType(column["type"]))
    return Money(currency, value) if currency and isinstance(value, Decimal) else value
