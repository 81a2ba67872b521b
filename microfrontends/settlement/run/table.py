"""The tables of runs, in the app's own database. Amounts are texts: no database rounds them on the way."""

import sqlalchemy as sa

metadata = sa.MetaData()
SUBJECT, AMOUNT = sa.String(255), sa.String(24)

settlement_run = sa.Table(
    "settlement_run",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # the id of the task that let it through: a task has one run
    sa.Column("kind", sa.String(16), nullable=False),
    # What nobody else may work at while the run is open, `settlement:7`; nothing once it is over.
    sa.Column("open_key", sa.String(255), nullable=True, unique=True),
    sa.Column("settlement_id", sa.Integer, nullable=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("started_by", SUBJECT, nullable=False),
    sa.Column("started_name", SUBJECT, nullable=False),
    sa.Column("started_username", SUBJECT, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("resumed_by", SUBJECT, nullable=True),
    sa.Column("resumed_name", SUBJECT, nullable=True),
    sa.Column("resumed_username", SUBJECT, nullable=True),
    sa.Column("resumed_at", sa.DateTime, nullable=True),
    # The one process that works at it, until when its word counts, and how often one began: a fence for the others.
    sa.Column("holder", sa.String(64), nullable=True),
    sa.Column("lease_until", sa.DateTime, nullable=True),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("away_since", sa.DateTime, nullable=True),  # since when the hub has not answered it at all
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("ended_at", sa.DateTime, nullable=True),
    sa.Index("settlement_run_settlement", "settlement_id"),
    sa.Index("settlement_run_state", "state"),
)

settlement_step = sa.Table(
    "settlement_step",
    metadata,
    sa.Column("run", sa.String(36), sa.ForeignKey("settlement_run.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("account_id", sa.Integer, nullable=True),
    sa.Column("participant", SUBJECT, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("transfer_id", sa.String(36), nullable=True),
    sa.Column("amount", AMOUNT, nullable=True),
    sa.Column("before", AMOUNT, nullable=True),
    sa.Column("expected", AMOUNT, nullable=True),
    sa.Column("found", AMOUNT, nullable=True),
    sa.Column("sent_at", sa.DateTime, nullable=True),
    sa.Column("done_at", sa.DateTime, nullable=True),
    sa.Column("who", SUBJECT, nullable=False),
    sa.Column("code", sa.String(16), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
)

# Every net debit cap of a settlement's participants as it was before the hub reserved, and as it was found after.
settlement_cap = sa.Table(
    "settlement_cap",
    metadata,
    sa.Column("run", sa.String(36), sa.ForeignKey("settlement_run.id"), primary_key=True),
    sa.Column("participant", SUBJECT, primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True),
    sa.Column("value_before", AMOUNT, nullable=False),
    sa.Column("alarm_before", AMOUNT, nullable=False),
    sa.Column("value_after", AMOUNT, nullable=True),
    sa.Column("alarm_after", AMOUNT, nullable=True),
    sa.Column("restored_at", sa.DateTime, nullable=True),
    sa.Column("restored_by", SUBJECT, nullable=True),
)

# What somebody validated before confirming it: from the net amounts, or from the settlement bank's file.
settlement_finalisation = sa.Table(
    "settlement_finalisation",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("settlement_id", sa.Integer, nullable=False),
    sa.Column("made_by", SUBJECT, nullable=False),
    sa.Column("made_name", SUBJECT, nullable=False),
    sa.Column("made_username", SUBJECT, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("file_name", SUBJECT, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("findings", sa.Text, nullable=False),
    sa.Column("acknowledged", sa.Text, nullable=False),
    sa.Index("settlement_finalisation_settlement", "settlement_id", "made_at"),
)

# Every moment at which a window was to be closed by the schedule, and what came of it.
settlement_close = sa.Table(
    "settlement_close",
    metadata,
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("due_at", sa.DateTime, primary_key=True),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("window_id", sa.Integer, nullable=True),
    sa.Column("task", sa.String(36), nullable=True),
    sa.Column("problem", sa.Text, nullable=False),
)

settlement_worker = sa.Table(
    "settlement_worker",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
