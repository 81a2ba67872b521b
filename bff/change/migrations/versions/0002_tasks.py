"""Tasks, the decisions on them, and drafts of forms; neither a task nor a decision is ever deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SUBJECT = sa.String(255)
NEVER = "requests and decisions are never deleted"
TABLES = ("change_task", "change_decision")
POSTGRESQL = "CREATE FUNCTION change_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{}'; END $$"


def upgrade() -> None:
    """Create the three tables. That maker and checker differ is a rule of the database too."""
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
    )
    op.create_index("change_task_state", "change_task", ["state", "changed_at"])
    op.create_index("change_task_target", "change_task", ["target"])
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
    )
    op.create_table(
        "change_draft",
        sa.Column("id", sa.String(43), primary_key=True),
        sa.Column("subject", SUBJECT, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    _forbid_deleting(op.get_bind().dialect.name)


def _forbid_deleting(dialect: str) -> None:
    if dialect == "postgresql":
        op.execute(POSTGRESQL.format(NEVER))
    for table in TABLES:
        head = f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table}"
        if dialect == "sqlite":
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{NEVER}'); END")
        elif dialect == "postgresql":
            op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION change_refuse()")
        else:
            op.execute(f"{head} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{NEVER}'")


def downgrade() -> None:
    """Refuse: to forget what was asked for and decided is nothing that a migration does."""
    raise NotImplementedError
