"""Runs of settlements with their steps and caps, validated finalisations, scheduled closings, workers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SUBJECT, AMOUNT = sa.String(255), sa.String(24)
RUN = ("settlement_run.id",)


def upgrade() -> None:
    """Create the six tables. Runs, steps and finalisations are never deleted."""
    op.create_table(
        "settlement_run",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("open_key", SUBJECT, nullable=True, unique=True),
        sa.Column("settlement_id", sa.Integer, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        *(sa.Column(f"started_{name}", SUBJECT, nullable=False) for name in ("by", "name", "username")),
        sa.Column("started_at", sa.DateTime, nullable=False),
        *(sa.Column(f"resumed_{name}", SUBJECT, nullable=True) for name in ("by", "name", "username")),
        sa.Column("resumed_at", sa.DateTime, nullable=True),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.DateTime, nullable=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("away_since", sa.DateTime, nullable=True),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=True),
    )
    op.create_index("settlement_run_settlement", "settlement_run", ["settlement_id"])
    op.create_index("settlement_run_state", "settlement_run", ["state"])
    _steps()
    _caps()
    _finalisations()
    _closings()


def _steps() -> None:
    op.create_table(
        "settlement_step",
        sa.Column("run", sa.String(36), sa.ForeignKey(*RUN), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=True),
        sa.Column("participant", SUBJECT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("transfer_id", sa.String(36), nullable=True),
        *(sa.Column(name, AMOUNT, nullable=True) for name in ("amount", "before", "expected", "found")),
        *(sa.Column(name, sa.DateTime, nullable=True) for name in ("sent_at", "done_at")),
        sa.Column("who", SUBJECT, nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("words", "problem")),
        sa.Column("attempts", sa.Integer, nullable=False),
    )


def _caps() -> None:
    op.create_table(
        "settlement_cap",
        sa.Column("run", sa.String(36), sa.ForeignKey(*RUN), primary_key=True),
        sa.Column("participant", SUBJECT, primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        *(sa.Column(name, AMOUNT, nullable=False) for name in ("value_before", "alarm_before")),
        *(sa.Column(name, AMOUNT, nullable=True) for name in ("value_after", "alarm_after")),
        sa.Column("restored_at", sa.DateTime, nullable=True),
        sa.Column("restored_by", SUBJECT, nullable=True),
    )


def _finalisations() -> None:
    op.create_table(
        "settlement_finalisation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("settlement_id", sa.Integer, nullable=False),
        *(sa.Column(name, SUBJECT, nullable=False) for name in ("made_by", "made_name", "made_username")),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("file_name", SUBJECT, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("cells", "findings", "acknowledged")),
    )
    columns = ["settlement_id", "made_at"]
    op.create_index("settlement_finalisation_settlement", "settlement_finalisation", columns)


def _closings() -> None:
    op.create_table(
        "settlement_close",
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("due_at", sa.DateTime, primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("window_id", sa.Integer, nullable=True),
        sa.Column("task", sa.String(36), nullable=True),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_table(
        "settlement_worker",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what moved money is not forgotten by a migration."""
    raise NotImplementedError
