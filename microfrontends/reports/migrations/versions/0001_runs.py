"""Runs of reports, the files that are kept of them, and the workers that write these."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SUBJECT, PIECE = sa.String(255), 1024 * 1024


def upgrade() -> None:
    """Create the four tables."""
    _kept()
    _runs()
    op.create_table(
        "report_worker",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )


def _kept() -> None:
    op.create_table(
        "kept_file",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("touched_at", sa.DateTime, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index("kept_file_touched", "kept_file", ["complete", "touched_at"])
    op.create_table(
        "kept_piece",
        sa.Column("file", sa.String(36), sa.ForeignKey("kept_file.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(PIECE), nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "report_run",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("report", SUBJECT, nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("keyed", sa.Boolean, nullable=False),
        *(sa.Column(name, SUBJECT, nullable=False) for name in ("subject", "name", "username")),
        sa.Column("all_participants", sa.Boolean, nullable=False),
        sa.Column("participants", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=True) for name in ("row_count", "counted", "milliseconds")),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=True) for name in ("begun_at", "ended_at")),
        sa.Column("file", sa.String(36), nullable=True),
        *(sa.Column(name, sa.DateTime, nullable=True) for name in ("expires_at", "fetched_at", "cancelled_at")),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.DateTime, nullable=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("entry", sa.Integer, nullable=True),
    )
    op.create_index("report_run_subject", "report_run", ["subject", "id"])
    op.create_index("report_run_report", "report_run", ["report", "id"])
    op.create_index("report_run_state", "report_run", ["state"])
    op.create_index("report_run_expires", "report_run", ["expires_at"])


def downgrade() -> None:
    """Remove the tables; the audit keeps who read what."""
    for table in ("report_worker", "report_run", "kept_piece", "kept_file"):
        op.drop_table(table)
