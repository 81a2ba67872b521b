"""The tables of runs and of the workers that work at them."""

import sqlalchemy as sa

metadata = sa.MetaData()
SUBJECT = sa.String(255)

report_run = sa.Table(
    "report_run",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # begins with its moment: in the order of asking
    sa.Column("way", sa.String(8), nullable=False),
    sa.Column("report", SUBJECT, nullable=False),
    sa.Column("form", sa.String(8), nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),  # as they were typed
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("keyed", sa.Boolean, nullable=False),  # columns by their keys, for programs, or by their labels
    *(sa.Column(name, SUBJECT, nullable=False) for name in ("subject", "name", "username")),
    # Whose rows the run may have shown.
    sa.Column("all_participants", sa.Boolean, nullable=False),
    sa.Column("participants", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    # So far, while it runs; `counted` beforehand, where that was possible.
    *(sa.Column(name, sa.BigInteger, nullable=True) for name in ("row_count", "counted", "milliseconds")),
    sa.Column("sha256", sa.Text, nullable=False),  # what the file itself carries; a workbook one for each sheet
    sa.Column("asked_at", sa.DateTime, nullable=False),
    *(sa.Column(name, sa.DateTime, nullable=True) for name in ("begun_at", "ended_at")),
    sa.Column("file", sa.String(36), nullable=True),
    *(sa.Column(name, sa.DateTime, nullable=True) for name in ("expires_at", "fetched_at", "cancelled_at")),
    # The one process that works at it, until when its word counts, and how often one began.
    sa.Column("holder", sa.String(64), nullable=True),
    sa.Column("lease_until", sa.DateTime, nullable=True),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("entry", sa.Integer, nullable=True),  # of the audit
    sa.Index("report_run_subject", "subject", "id"),
    sa.Index("report_run_report", "report", "id"),
    sa.Index("report_run_state", "state"),
    sa.Index("report_run_expires", "expires_at"),
)

report_worker = sa.Table(
    "report_worker",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
