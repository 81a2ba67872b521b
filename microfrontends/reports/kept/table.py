"""The tables of kept files: what is known of each, and its pieces of at most 1 MB."""

import sqlalchemy as sa

metadata = sa.MetaData()
PIECE = 1024 * 1024  # bytes; small enough for any database's largest packet

kept_file = sa.Table(
    "kept_file",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("touched_at", sa.DateTime, nullable=False),  # when its last piece came
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Index("kept_file_touched", "complete", "touched_at"),
)

kept_piece = sa.Table(
    "kept_piece",
    metadata,
    sa.Column("file", sa.String(36), sa.ForeignKey("kept_file.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.LargeBinary(PIECE), nullable=False),
)
