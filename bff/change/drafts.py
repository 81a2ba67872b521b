"""What somebody had typed when a stronger login was asked of them: kept for half an hour, given back to them alone."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from bff.change.table import change_draft
from bff.change.tasks import naive

LIFE = timedelta(minutes=30)


class Drafts:
    """Fields of forms, by a key that only the address of the form holds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, subject: str, fields: Mapping[str, str]) -> str:
        """Keep the fields of a form; the key under which this subject finds them."""
        key, now = secrets.token_urlsafe(32), datetime.now(UTC)
        values = {"id": key, "subject": subject, "fields": json.dumps(dict(fields)), "expires_at": naive(now + LIFE)}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(change_draft).where(change_draft.c.expires_at < naive(now)))
            connection.execute(sa.insert(change_draft).values(values))
        return key

    def find(self, key: str, subject: str) -> dict[str, str]:
        """The fields kept under the key; nothing for anybody else, or once their time is over."""
        column = change_draft.c
        alive = column.expires_at >= naive(datetime.now(UTC))
        query = sa.select(column.fields).where(column.id == key, column.subject == subject, alive)
        with self._engine.connect() as connection:
            kept = connection.execute(query).scalar()
        return {str(name): str(value) for name, value in json.loads(kept).items()} if kept else {}
