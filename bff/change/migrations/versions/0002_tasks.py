"""Tasks, the decisions on them, and drafts of forms; neither a task nor a decision is ever deleted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SUBJECT = sa.String(255)
# Capitals count: a subject or a key is not another's because it reads alike.
MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
TABLES = ("change_task", "change_decision")
NEVER = "requests and decisions are never deleted"
# What the code keeps, kept once more by the database: for each trigger its table, its event, and what forbids the row.
BYTES = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("id", "action", "target", "body", "sha256", "required"))
OVER = "('DONE', 'FAILED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE')"
APPROVALS = (
    "(SELECT COUNT(*) FROM change_decision d WHERE d.task = NEW.id AND d.verdict = 'approve' AND d.sha256 = NEW.sha256)"
)
RULES = {
    "change_task_asked": ("change_task", "UPDATE", BYTES, "what was asked for stays as it was asked for"),
    "change_task_ended": (
        "change_task",
        "UPDATE",
        f"NEW.state <> OLD.state AND OLD.state IN {OVER}",
        "what has ended stays as it ended",
    ),
    "change_task_approved": (
        "change_task",
        "UPDATE",
        f"NEW.state <> OLD.state AND NEW.state IN ('APPROVED', 'EXECUTING', 'DONE') AND {APPROVALS} < NEW.required",
        "nothing is carried out without its approvals",
    ),
    "change_decision_kept": ("change_decision", "UPDATE", "1 = 1", "decisions stay as they were taken"),
    "change_decision_timely": (
        "change_decision",
        "INSERT",
        "COALESCE((SELECT t.state FROM change_task t WHERE t.id = NEW.task), 'PENDING') <> 'PENDING'",
        "only what waits is decided",
    ),
}


def upgrade() -> None:
    """Create the three tables, and keep in the database what must never happen to them."""
    _create_tasks()
    _create_decisions()
    op.create_table(
        "change_draft",
        sa.Column("id", sa.String(43), primary_key=True),
        sa.Column("subject", SUBJECT, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        **MYSQL,
    )
    forbid = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}.get(op.get_bind().dialect.name, _in_mysql)
    for table in TABLES:
        forbid(f"{table}_stays", table, "DELETE", ("1 = 1", NEVER))
    for name, (table, event, forbidden, why) in RULES.items():
        forbid(name, table, event, (forbidden, why))


def _create_tasks() -> None:
    op.create_table(
        "change_task",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("action", sa.String(128), nullable=False),
        sa.Column("target", SUBJECT, nullable=False),
        sa.Column("open_target", SUBJECT, nullable=True, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("maker", SUBJECT, nullable=False),
        sa.Column("attempt", sa.String(64), nullable=False),
        sa.Column("required", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("made_at", "expires_at", "changed_at")),
        sa.Column("claim", sa.String(36), nullable=True),
        sa.Column("outcome", sa.Text, nullable=True),
        sa.Column("problem", sa.Text, nullable=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.UniqueConstraint("maker", "action", "attempt"),
        sa.UniqueConstraint("id", "maker"),
        **MYSQL,
    )
    op.create_index("change_task_state", "change_task", ["state", "changed_at"])
    op.create_index("change_task_target", "change_task", ["target"])


def _create_decisions() -> None:
    # That maker and checker differ is a rule of the database too.
    op.create_table(
        "change_decision",
        sa.Column("task", sa.String(36), primary_key=True),
        sa.Column("subject", SUBJECT, primary_key=True),
        *(sa.Column(name, SUBJECT, nullable=False) for name in ("maker", "name", "username")),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["task", "maker"], ["change_task.id", "change_task.maker"]),
        sa.CheckConstraint(
            "(verdict = 'withdraw' AND subject = maker) OR (verdict <> 'withdraw' AND subject <> maker)",
            "never_own_work",
        ),
        **MYSQL,
    )


def _in_sqlite(name: str, table: str, event: str, rule: tuple[str, str]) -> None:
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {rule[0]}"
    op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{rule[1]}'); END")


def _in_postgresql(name: str, table: str, event: str, rule: tuple[str, str]) -> None:
    row = "OLD" if event == "DELETE" else "NEW"
    check = f"IF {rule[0]} THEN RAISE EXCEPTION '{rule[1]}' USING ERRCODE = 'integrity_constraint_violation'; END IF"
    body = f"BEGIN {check}; RETURN {row}; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _in_mysql(name: str, table: str, event: str, rule: tuple[str, str]) -> None:
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{rule[1]}'"
    # Compared as bytes: to this database a text with a space more at its end is the same.
    forbidden = rule[0].replace("NEW.body <> OLD.body", "BINARY NEW.body <> BINARY OLD.body")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW IF {forbidden} THEN {refuse}; END IF")


def downgrade() -> None:
    """Refuse: to forget what was asked for and decided is nothing that a migration does."""
    raise NotImplementedError
