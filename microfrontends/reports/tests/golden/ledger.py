"""A hub's database with the rows that a real hub left behind, and the reports of the catalogue asked on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from microfrontends.reports.catalogue import Catalogue, load
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.run import Run
from sandbox.hub.database import Database

HERE = Path(__file__).parent
# What the shipped SQL answered on these rows, with its defects. Rows: see the tests that read them.
SHIPPED: dict[str, list[Any]] = json.loads((HERE / "shipped.json").read_text("utf-8"))
Tables = Mapping[str, Mapping[str, Any]]
Line = dict[str, Any]  # a row, by column
Answer = dict[str, list[Line]]  # by query


@dataclass(frozen=True)
class Reader:
    """Who asks: hub staff, who see all, or the people of some participants."""

    sees_all: bool = True
    participants: frozenset[str] = frozenset()


STAFF = Reader()


def people_of(*participants: str) -> Reader:
    """The own people of these participants."""
    return Reader(False, frozenset(participants))


def build(url: str, *more: Tables) -> None:
    """Make the hub's tables in an empty database and fill them with the real hub's rows; `more` are added."""
    database = Database(url)
    database.prepare()
    database.close()
    ledger: Tables = json.loads((HERE / "ledger.json").read_text("utf-8"))
    engine = create_engine(url)
    with engine.begin() as connection:
        for name in ledger:
            connection.execute(text(f"DELETE FROM `{name}`"))
        for tables in (ledger, *more):
            for name, table in tables.items():
                columns = table["columns"]
                names, values = ", ".join(f"`{one}`" for one in columns), ", ".join(f":{one}" for one in columns)
                rows = [dict(zip(columns, row, strict=True)) for row in table["rows"]]
                connection.execute(text(f"INSERT INTO `{name}` ({names}) VALUES ({values})"), rows)
    engine.dispose()


@cache
def catalogue() -> Catalogue:
    """The reports that are shipped."""
    return load()


@dataclass(frozen=True)
class Ledger:
    """A database to ask."""

    url: str

    @cached_property
    def _database(self) -> HubDatabase:
        return HubDatabase(self.url, 30)

    def ask(self, report: str, reader: Reader = STAFF, **given: object) -> Answer:
        """A report's rows by query, as the reader sees them. Raises Missing."""
        run: Any = Run(catalogue()[report], reader, self._database)
        asked = run.asked({name: str(value) for name, value in given.items()})
        assert asked.fit, asked.problems
        shown = run.shown(asked)
        return {query.name: [dict(row)] for query, row in shown.facts} | {
            query.name: list(map(dict, table.shown)) for query, table in shown.tables
        }
