"""The audit: entries that the database itself refuses to change, and the row that says how far it has come."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0001"
down_revision = None

SEARCHED = ("actor", "username", "action", "outcome", "target", "participant", "task", "at")
MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
SQLITE = (
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries stay'); END",
    "CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry"
    " BEGIN SELECT RAISE(ABORT, 'audit entries stay'); END",
    # INSERT OR REPLACE deletes without asking the trigger before DELETE.
    "CREATE TRIGGER audit_entry_new BEFORE INSERT ON audit_entry WHEN EXISTS"
    " (SELECT 1 FROM audit_entry WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'audit entries stay'); END",
    "CREATE TRIGGER audit_head_moves BEFORE UPDATE ON audit_head WHEN NEW.size NOT IN (OLD.size, OLD.size + 1)"
    " BEGIN SELECT RAISE(ABORT, 'the audit grows by one entry'); END",
    "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head"
    " BEGIN SELECT RAISE(ABORT, 'the audit grows by one entry'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'audit entries stay'; END $$",
    "CREATE FUNCTION audit_one_step() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN IF NEW.size NOT IN (OLD.size, OLD.size + 1)"
    " THEN RAISE EXCEPTION 'the audit grows by one entry'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_head_moves BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_one_step()",
)
MYSQL_TRIGGERS = (
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON audit_entry FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries stay'",
    "CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries stay'",
    "CREATE TRIGGER audit_head_moves BEFORE UPDATE ON audit_head FOR EACH ROW"
    " BEGIN IF NEW.size NOT IN (OLD.size, OLD.size + 1) THEN"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit grows by one entry'; END IF; END",
    "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit grows by one entry'",
)
TRIGGERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MYSQL_TRIGGERS, "mariadb": MYSQL_TRIGGERS}


def upgrade() -> None:
    """Create both tables, the head at nothing, and the triggers that keep what is written."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    texts = {"at": 32, "actor": 255, "username": 255, "action": 128, "outcome": 32}
    texts |= {"target": 255, "participant": 128, "task": 64, "hash": 64, "root": 64, "signer": 64, "signature": 128}
    op.create_table(
        "audit_entry",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in texts.items()),
        sa.Column("body", sa.Text().with_variant(MEDIUMTEXT, "mysql", "mariadb"), nullable=False),
        sa.Column("nodes", sa.Text, nullable=False),
        **MYSQL,
    )
    for name in SEARCHED:
        op.create_index(f"audit_entry_{name}", "audit_entry", [name, "seq"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", number, nullable=False),
        sa.Column("peaks", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("signers", sa.Text, nullable=False),
        **MYSQL,
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "peaks": "", "hash": "0" * 64, "at": "", "signers": ""}])
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: to drop the audit is nothing that a migration does."""
    raise NotImplementedError("the audit is never dropped")
