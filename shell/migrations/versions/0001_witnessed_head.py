"""What the shell has seen of other apps' audits, kept where those apps cannot reach it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table: one signed head per app, and what contradicts it since."""
    op.create_table(
        "witnessed_head",
        sa.Column("app", sa.String(32), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("public", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("fault", sa.String(16), nullable=False),
        sa.Column("fault_at", sa.DateTime, nullable=True),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("witnessed_head")
