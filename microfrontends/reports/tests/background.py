"""People who have reports written in the background, and a worker that writes one when it is told."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from bff.access.assignments import SqlAssignments
from bff.database import engine_for
from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.runs.leases import Leases
from microfrontends.reports.runs.records import KeptRun
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.runs.writing import Writer
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.conftest import CATALOGUE, RECONCILIATION, WINDOW

ALL_RUNS = "reports:run:view-all"
PAGE = "/catalogue/settlement-window"
ASK = f"{PAGE}/background"
AS_CSV = {"settlementWindowId": "1", "file-format": "csv"}
OURS = "/catalogue/reconciliation-amount/background"
CAUGHT = "caught"  # a report that is slow enough to be caught in the middle
SLOW = """apiVersion: mojaloop.io/v1
kind: MojaloopReport
metadata: {name: caught}
spec:
  title: {en: Slow}
  group: {en: Tests}
  description: {en: Many rows.}
  permission: reports:settlement-window:view
  endpoint: {path: /caught}
  scope: hub
  formats: [csv]
  queries:
    - name: rows
      title: {en: Rows}
      columns:
        - {key: n, label: {en: Number}, type: integer}
      query: >-
        SELECT a.transferStateChangeId AS n
        FROM transferStateChange a
        CROSS JOIN transferStateChange b
        CROSS JOIN transferStateChange c
        CROSS JOIN transferStateChange d
        CROSS JOIN transferStateChange e
"""


@dataclass
class Scene:
    """An app over a small hub: olivia of the hub, ravi of payerfsp, and their rights in the store too."""

    app: Flask
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def at(cls, folder: Path, hub_url: str, **settings: object) -> "Scene":
        """In a folder."""
        scene = cls(create_app(settings_for(ReportsSettings, folder, hub_database_url=hub_url, **settings)))
        scene.store.assign("u-olivia", "operator", "test")
        scene.store.assign("u-ravi", "dfspReconciliationReports", "test")
        scene.store.add_participant("u-ravi", "payerfsp", "test")
        return scene

    @property
    def settings(self) -> ReportsSettings:
        """The app's."""
        found: ReportsSettings = self.app.extensions["portal_settings"]
        return found

    @property
    def store(self) -> SqlAssignments:
        """Who holds which role."""
        return SqlAssignments(self.settings.access_database_url)

    @property
    def runs(self) -> Runs:
        """Every run."""
        return Runs(engine_for(self.settings.own_database))

    @property
    def olivia(self) -> FlaskClient:
        """Sees every participant."""
        return user_with(self.app, CATALOGUE, WINDOW, RECONCILIATION)

    @property
    def ada(self) -> FlaskClient:
        """Audits: sees everybody's runs."""
        return user_with(self.app, CATALOGUE, ALL_RUNS, sub="u-ada", name="Ada", username="ada")

    def member(self, *participants: str, sub: str = "u-ravi", permissions: Sequence[str] = ()) -> FlaskClient:
        """Somebody of these participants."""
        named: dict[str, object] = {"name": sub.removeprefix("u-"), "username": sub.removeprefix("u-")}
        claims = {"hub": False, "participants": list(participants), "sub": sub, **named}
        return user_with(self.app, CATALOGUE, RECONCILIATION, *permissions, **claims)

    def ask(self, client: FlaskClient, path: str = ASK, **form: str) -> str:
        """Have a report written; the run's id."""
        answer = client.post(path, data={**AS_CSV, **form})
        assert answer.status_code == 303, answer.text
        found = re.search(r"/runs/([0-9a-f-]{36})$", answer.location)
        assert found, answer.location
        return found[1]

    def write(self, run_id: str, holder: str = "worker") -> KeptRun:
        """Have a worker write it now; how it ended."""
        access = self.app.extensions["portal_access"]
        for subject in ("u-olivia", "u-ravi", "u-bob", "u-1"):
            access.forget(subject)
        with self.app.app_context():
            Writer(Leases(self.runs), holder, self.stopping).write(run_id)
        return self.run(run_id)

    def run(self, run_id: str) -> KeptRun:
        """A run as it is kept."""
        found = self.runs.find(run_id)
        assert found is not None
        return found

    def written(self, client: FlaskClient | None = None, path: str = ASK, **form: str) -> str:
        """Have a report written to its end; the run's id."""
        run_id = self.ask(client or self.olivia, path, **form)
        self.write(run_id)
        return run_id
