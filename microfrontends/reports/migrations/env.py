"""Runs the revisions of the reports' tables on the database that `bff.database.upgrade` was given."""

from bff.database import run_migrations

run_migrations()
