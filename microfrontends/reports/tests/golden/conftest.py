"""The golden ledger and a regional one, on SQLite and, where this machine has its server, on MariaDB."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bff.change.tests import real_mariadb
from microfrontends.reports.tests.golden import ledger
from microfrontends.reports.tests.golden.ledger import Ledger
from microfrontends.reports.tests.golden.regional import REGIONAL

ENGINES = ["sqlite", *(["mariadb"] if real_mariadb.present() else [])]
EVER: dict[str, Any] = {"startDate": "2020-01-01T00:00:00Z", "endDate": "2030-01-01T00:00:00Z"}


@pytest.fixture(scope="package")
def mariadb() -> Iterator[str]:
    """A MariaDB server with an empty database."""
    with real_mariadb.running() as url:
        yield url


def build(golden: str, regional: str) -> tuple[Ledger, Ledger]:
    """Both ledgers at these URLs."""
    ledger.build(golden)
    ledger.build(regional, REGIONAL)
    return Ledger(golden), Ledger(regional)


@pytest.fixture(scope="package")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Ledger]:
    """Two files."""
    folder: Path = tmp_path_factory.mktemp("ledgers")
    return build(f"sqlite:///{folder / 'golden.sqlite'}", f"sqlite:///{folder / 'regional.sqlite'}")


@pytest.fixture(scope="package")
def on_mariadb(mariadb: str) -> tuple[Ledger, Ledger]:
    """Two databases of one server."""
    engine = create_engine(mariadb)
    with engine.begin() as connection:
        for name in ("golden", "regional"):
            connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    engine.dispose()
    return build(mariadb.replace("/portal?", "/golden?"), mariadb.replace("/portal?", "/regional?"))


@pytest.fixture(scope="package", params=ENGINES)
def ledgers(request: pytest.FixtureRequest) -> tuple[Ledger, Ledger]:
    """The golden ledger, and one to which a regional scheme was added; built once, however tests alternate."""
    both: tuple[Ledger, Ledger] = request.getfixturevalue(f"on_{request.param}")
    return both


@pytest.fixture(scope="package")
def golden(ledgers: tuple[Ledger, Ledger]) -> Ledger:
    """What a real hub wrote: four participants, two currencies, two settlements, all kinds of transfers."""
    return ledgers[0]


@pytest.fixture(scope="package")
def regional(ledgers: tuple[Ledger, Ledger]) -> Ledger:
    """The same, with a window of conversions, external participants, quotes and fees, settled as number 3."""
    return ledgers[1]
