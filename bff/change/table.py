"""The tables of tasks, decisions and drafts, in each app's own database."""

import sqlalchemy as sa

metadata = sa.MetaData()

change_task = sa.Table(
    "change_task",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("action", sa.String(128), nullable=False),
    sa.Column("target", sa.String(255), nullable=False),
    # The action's target while something may still come of the task, nothing afterwards: one open task per target.
    sa.Column("open_target", sa.String(255), nullable=True, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("maker", sa.String(255), nullable=False),
    sa.Column("attempt", sa.String(64), nullable=False),
    sa.Column("required", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.Column("claim", sa.String(36), nullable=True),
    sa.Column("outcome", sa.Text, nullable=True),
    sa.Column("problem", sa.Text, nullable=True),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.UniqueConstraint("maker", "action", "attempt"),
    sa.UniqueConstraint("id", "maker"),
    sa.Index("change_task_state", "state", "changed_at"),
    sa.Index("change_task_target", "target"),
)

change_decision = sa.Table(
    "change_decision",
    metadata,
    sa.Column("task", sa.String(36), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("maker", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("username", sa.String(255), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    # The maker stands in the row as the task has it, so that the database itself can tell own work.
    sa.ForeignKeyConstraint(["task", "maker"], ["change_task.id", "change_task.maker"]),
    sa.CheckConstraint(
        "(verdict = 'withdraw' AND subject = maker) OR (verdict <> 'withdraw' AND subject <> maker)", "never_own_work"
    ),
)

change_draft = sa.Table(
    "change_draft",
    metadata,
    sa.Column("id", sa.String(43), primary_key=True),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
)
