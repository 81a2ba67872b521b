"""How the audit lies in a database: entries that are only ever added, and the one row that says how far it has come."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

MIGRATIONS = "bff.change:migrations"
metadata = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
WIDTHS = {"actor": 255, "username": 255, "action": 128, "outcome": 32, "target": 255, "participant": 128}
WIDTHS |= {"task": 64, "at": 32}
_LONG = Text().with_variant(Text(2**24 - 1), "mysql", "mariadb")  # of this length it is their MEDIUMTEXT

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    *(Column(name, String(width), nullable=False) for name, width in WIDTHS.items()),
    Column("body", _LONG, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("nodes", Text, nullable=False),  # the subtrees above the leaf that this entry completes, lowest first
    Column("root", String(64), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _NUMBER, nullable=False),
    Column("peaks", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("signers", Text, nullable=False),  # ids of the keys that may sign: the first, and those introduced since
)


def query_columns(body: Mapping[str, Any]) -> dict[str, str]:
    """What of an entry can be searched for, from its body, which is what counts."""
    said = {name: str(body[name]) for name in ("action", "outcome", "target", "participant", "task", "at")}
    said |= {"actor": str(body["actor"]["subject"]), "username": str(body["actor"]["username"])}
    # PostgreSQL keeps no NUL in a text, and a column has an end.
    return {name: text.replace("\x00", "")[: WIDTHS[name]] for name, text in said.items()}


def hashes(text: str) -> tuple[bytes, ...]:
    """Hashes as a column holds them. Raises ValueError."""
    return tuple(bytes.fromhex(part) for part in text.split())


def as_text(values: tuple[bytes, ...]) -> str:
    """Hashes for a column."""
    return " ".join(value.hex() for value in values)
