"""A row for each subject that is edited, which its edits take turns at; and who holds a role, found by the role."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table and the index."""
    op.create_table(
        "access_subject",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("edits", sa.Integer, nullable=False),
    )
    op.create_index("role_assignment_role", "role_assignment", ["role"])


def downgrade() -> None:
    """Drop both."""
    op.drop_index("role_assignment_role", "role_assignment")
    op.drop_table("access_subject")
