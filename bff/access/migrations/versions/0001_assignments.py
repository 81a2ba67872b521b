"""Role assignments and participant memberships."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables; who granted what, and when, is part of each row."""
    for table, value in (("role_assignment", "role"), ("participant_membership", "participant")):
        op.create_table(
            table,
            sa.Column("subject", sa.String(255), primary_key=True),
            sa.Column(value, sa.String(128), primary_key=True),
            sa.Column("granted_by", sa.String(255), nullable=False),
            sa.Column("granted_at", sa.DateTime, nullable=False),
        )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("participant_membership")
    op.drop_table("role_assignment")
