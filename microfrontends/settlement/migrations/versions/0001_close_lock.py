"""The lock that keeps two closes apart: one table with one row, which is there from the beginning."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table and its only row, free."""
    table = op.create_table(
        "settlement_close_lock",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("attempt", sa.String(64), nullable=False),
        sa.Column("window_id", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
    )
    nobody = {"id": 1, "held": False, "attempt": "", "window_id": 0, "subject": "", "holder": ""}
    op.bulk_insert(table, [nobody | {"since": datetime(2000, 1, 1)}])  # noqa: DTZ001  # a column without a zone


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("settlement_close_lock")
