"""The tables of report packs: how far the hub was looked at, what happened there, packs, their files, their proof."""

import sqlalchemy as sa

metadata = sa.MetaData()
SUBJECT, FILE = sa.String(255), sa.String(36)

# How far each of the hub's two histories has been looked at; nothing up to `begun` is ever taken up.
pack_watch = sa.Table(
    "pack_watch",
    metadata,
    sa.Column("source", sa.String(16), primary_key=True),
    sa.Column("begun", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("looked_at", sa.DateTime, nullable=False),
)

pack_event = sa.Table(
    "pack_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("object", sa.BigInteger, nullable=False),
    sa.Column("happened_at", sa.DateTime, nullable=False),
    sa.Column("noticed_at", sa.DateTime, nullable=False),
    sa.Column("planned_at", sa.DateTime, nullable=True),  # since when its packs are known
    sa.UniqueConstraint("kind", "object", name="pack_event_once"),
)

pack = sa.Table(
    "pack",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("event", sa.Integer, sa.ForeignKey("pack_event.id"), nullable=False),
    sa.Column("report", sa.String(64), nullable=False),
    sa.Column("participant", sa.String(128), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),  # nothing where the pack is of all of them
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),  # by language: the report may leave the catalogue, its packs stay
    sa.Column("permission", SUBJECT, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("row_count", sa.BigInteger, nullable=True),
    sa.Column("as_of", sa.DateTime, nullable=True),
    sa.Column("preview", FILE, nullable=True),
    sa.Column("produced_at", sa.DateTime, nullable=True),
    # The audit's number of its production: those come in the order in which they can be seen.
    sa.Column("produced_seq", sa.BigInteger, nullable=True),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("try_at", sa.DateTime, nullable=False),
    # The one process that works at it, until when its word counts, and how often one began: a fence for the others.
    sa.Column("holder", sa.String(64), nullable=True),
    sa.Column("lease_until", sa.DateTime, nullable=True),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.UniqueConstraint("event", "report", "participant", "currency", "version", name="pack_once"),
    sa.Index("pack_of_participant", "participant", "produced_seq"),
    sa.Index("pack_in_state", "state", "produced_seq"),
    sa.Index("pack_produced", "produced_seq"),
)

pack_file = sa.Table(
    "pack_file",
    metadata,
    sa.Column("pack", sa.String(36), sa.ForeignKey("pack.id"), primary_key=True),
    sa.Column("form", sa.String(8), primary_key=True),
    sa.Column("file", FILE, nullable=True),  # none where this format cannot hold the report: `problem` says why
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)

# What became of each pack, only ever added to; `seq` is the entry of the audit that tells the same.
pack_proof = sa.Table(
    "pack_proof",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("pack", sa.String(36), sa.ForeignKey("pack.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("form", sa.String(8), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    *(sa.Column(name, SUBJECT, nullable=False) for name in ("subject", "name", "username")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("pack_proof_of", "pack", "seq"),
)
