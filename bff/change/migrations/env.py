"""Runs the revisions of the audit and task tables on the database that `bff.database.upgrade` was given."""

from bff.database import run_migrations

run_migrations()
