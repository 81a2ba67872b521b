"""Runs this app's revisions on the database that `bizops db upgrade settlement` was given."""

from bff.database import run_migrations

run_migrations()
