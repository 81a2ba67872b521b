"""Report packs: how far the hub was looked at, what happened there, packs with their files, and proof that stays."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SUBJECT, FILE = sa.String(255), sa.String(36)
# Names of participants are compared as they are written, whatever the server's usual way.
MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
SQLITE = (
    "CREATE TRIGGER pack_proof_kept BEFORE UPDATE ON pack_proof BEGIN SELECT RAISE(ABORT, 'proof stays'); END",
    "CREATE TRIGGER pack_proof_stays BEFORE DELETE ON pack_proof BEGIN SELECT RAISE(ABORT, 'proof stays'); END",
    # INSERT OR REPLACE deletes without asking the trigger before DELETE.
    "CREATE TRIGGER pack_proof_new BEFORE INSERT ON pack_proof WHEN EXISTS"
    " (SELECT 1 FROM pack_proof WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'proof stays'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION pack_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'proof stays'; END $$",
    "CREATE TRIGGER pack_proof_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON pack_proof"
    " FOR EACH STATEMENT EXECUTE FUNCTION pack_refuse()",
)
MYSQL_TRIGGERS = tuple(
    f"CREATE TRIGGER pack_proof_{name} BEFORE {what} ON pack_proof FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'proof stays'"
    for name, what in (("kept", "UPDATE"), ("stays", "DELETE"))
)
TRIGGERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MYSQL_TRIGGERS, "mariadb": MYSQL_TRIGGERS}


def upgrade() -> None:
    """Create the five tables, and the triggers that keep the proof."""
    op.create_table(
        "pack_watch",
        sa.Column("source", sa.String(16), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("begun", "seen")),
        sa.Column("looked_at", sa.DateTime, nullable=False),
        **MYSQL,
    )
    op.create_table(
        "pack_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("object", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("happened_at", "noticed_at")),
        sa.Column("planned_at", sa.DateTime, nullable=True),
        sa.UniqueConstraint("kind", "object", name="pack_event_once"),
        **MYSQL,
    )
    _packs()
    _files()
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _packs() -> None:
    op.create_table(
        "pack",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("event", sa.Integer, sa.ForeignKey("pack_event.id"), nullable=False),
        *(sa.Column(name, sa.String(size), nullable=False) for name, size in (("report", 64), ("participant", 128))),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("permission", SUBJECT, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("row_count", sa.BigInteger, nullable=True),
        sa.Column("as_of", sa.DateTime, nullable=True),
        sa.Column("preview", FILE, nullable=True),
        sa.Column("produced_at", sa.DateTime, nullable=True),
        sa.Column("produced_seq", sa.BigInteger, nullable=True),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("try_at", sa.DateTime, nullable=False),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.DateTime, nullable=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.UniqueConstraint("event", "report", "participant", "currency", "version", name="pack_once"),
        **MYSQL,
    )
    op.create_index("pack_of_participant", "pack", ["participant", "produced_seq"])
    op.create_index("pack_in_state", "pack", ["state", "produced_seq"])
    op.create_index("pack_produced", "pack", ["produced_seq"])


def _files() -> None:
    op.create_table(
        "pack_file",
        sa.Column("pack", sa.String(36), sa.ForeignKey("pack.id"), primary_key=True),
        sa.Column("form", sa.String(8), primary_key=True),
        sa.Column("file", FILE, nullable=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        **MYSQL,
    )
    op.create_table(
        "pack_proof",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("pack", sa.String(36), sa.ForeignKey("pack.id"), nullable=False),
        *(sa.Column(name, sa.String(size), nullable=False) for name, size in (("kind", 16), ("form", 8))),
        sa.Column("at", sa.DateTime, nullable=False),
        *(sa.Column(name, SUBJECT, nullable=False) for name in ("subject", "name", "username")),
        sa.Column("reason", sa.Text, nullable=False),
        **MYSQL,
    )
    op.create_index("pack_proof_of", "pack_proof", ["pack", "seq"])


def downgrade() -> None:
    """Refuse: to drop the proof of what was delivered is nothing that a migration does."""
    raise NotImplementedError("the proof of delivery is never dropped")
