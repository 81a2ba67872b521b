"""How the tables of a database stand to what is installed: behind, the newest, or of a newer version already."""

from pathlib import Path

import pytest
from sqlalchemy import text

from bff.database import Tables, engine_for, is_current, tables_of, upgrade

OURS = "bff.access:migrations"


def test_an_empty_database_is_behind_and_an_upgraded_one_is_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    assert (tables_of(url, OURS), is_current(url, OURS)) == (Tables.BEHIND, False)
    upgrade(url, OURS)
    assert (tables_of(url, OURS), is_current(url, OURS)) == (Tables.NEWEST, True)


@pytest.mark.parametrize(("revision", "tables"), [("0001", Tables.BEHIND), ("9999", Tables.AHEAD)])
def test_the_old_version_goes_on_while_the_tables_of_the_new_one_are_there(
    tmp_path: Path, revision: str, tables: Tables
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    upgrade(url, OURS)
    with engine_for(url).begin() as connection:
        connection.execute(text(f"UPDATE alembic_access SET version_num = '{revision}'"))
    assert (tables_of(url, OURS), is_current(url, OURS)) == (tables, tables is Tables.AHEAD)
