"""Reports that people starred."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "favourite_report",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("report", sa.String(64), primary_key=True),
        sa.Column("since", sa.DateTime, nullable=False),
        # Subjects are compared as they are written, whatever the server's usual way.
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("favourite_report")
