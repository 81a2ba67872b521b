"""The registry's tables in the shell's own database."""

import sqlalchemy as sa

metadata = sa.MetaData()

registry_state = sa.Table(
    "registry_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),  # of all the rest: what is polled
)
registered_app = sa.Table(
    "registered_app",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
registry_change = sa.Table(
    "registry_change",
    metadata,
    sa.Column("revision", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("actor", sa.String(255), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("task", sa.String(36), nullable=True),  # the request that it carried out: each at most once
    sa.Column("before", sa.Text, nullable=False),  # empty: it was not registered
    sa.Column("after", sa.Text, nullable=False),  # empty: it is not registered any more
)
# A row without a document says that some process is reading this version just now.
kept_manifest = sa.Table(
    "kept_manifest",
    metadata,
    sa.Column("upstream", sa.String(320), primary_key=True),
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("read_at", sa.DateTime, nullable=False),
)
