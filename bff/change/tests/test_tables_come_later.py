"""A server may start before its database has tables: it waits for them, and then says under which policy it works."""

import time
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bff.change import caretaker
from bff.change.approvals import Changes
from bff.change.audit import AuditQuery
from bff.change.tests.garden import changes_of, make_app
from bff.database import own_migrations, upgrade


def noted(changes: Changes) -> int:
    """How often the audit says which policy is in force; 0 while there is none."""
    try:
        return len(list(changes.audit.entries(AuditQuery(action=caretaker.POLICY)).entries))
    except SQLAlchemyError:
        return 0


def test_a_server_without_tables_starts_and_notes_its_policy_once_they_are_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'late.sqlite'}"
    app, _gates = make_app(tmp_path, url=url)
    caretaker.start(app, every_s=0.05)
    assert noted(changes_of(app)) == 0
    for where in own_migrations("garden"):
        upgrade(url, where)
    until = time.monotonic() + 30
    while not noted(changes_of(app)) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)  # several more rounds, none of which notes it again
    assert noted(changes_of(app)) == 1
