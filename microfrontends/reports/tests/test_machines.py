"""A DFSP's Payment Manager fetches its reports as docs/how-to/connect-a-machine-client.md says, and nobody else's."""

import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from bff.access.assignments import SqlAssignments
from bff.change.audit import AuditLog, AuditQuery
from bff.identity.tests.conftest import free_port
from bff.identity.tests.site import served
from bff.testing import settings_for
from microfrontends.reports.app import create_app
from microfrontends.reports.settings import ReportsSettings
from sandbox.provider.people import read_machines
from sandbox.tests.relying_party import DIRECTORY, MACHINES, PORTAL, Running, call, running_provider

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "connect-a-machine-client.md"
PAYMENT_MANAGER = {"client_id": "payment-manager-payerfsp", "client_secret": "bizops"}
PIPELINE = {"client_id": "reporting-pipeline", "client_secret": "bizops"}
ROWS = "/api/reports/reconciliation-amount?settlementWindowId=1"


@dataclass(frozen=True)
class Place:
    """The app and the provider, both on loopback, with what the sandbox seeds in the store of roles."""

    url: str
    provider: Running
    audit: AuditLog

    def token(self, client: dict[str, str], **form: str) -> str:
        """An access token by client credentials, for this app unless told otherwise."""
        asked = {"grant_type": "client_credentials", "resource": self.url, **form}
        return str(self.provider.token(client, **asked).json()["access_token"])

    def get(self, path: str, token: str) -> requests.Response:
        """What the app answers to the bearer of a token."""
        return call("GET", self.url + path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, hub_url: str) -> Iterator[Place]:
    folder, port = tmp_path_factory.mktemp("machines"), free_port()
    url = f"http://localhost:{port}"
    reports = {"client_id": "reports", "client_secret": "reports-secret", "name": "Reports", "base_url": url}
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(running_provider(folder, PORTAL, DIRECTORY, reports, machines=MACHINES))
        provider.clock.now = time.time()
        settings = settings_for(
            ReportsSettings, folder, hub_database_url=hub_url, base_url=url, oidc_issuer=provider.url
        )
        store = SqlAssignments(settings.access_database_url)
        for each in read_machines(MACHINES):
            for role in each.roles:
                store.assign(each.subject, role, "bizops up")
            for participant in each.participants:
                store.add_participant(each.subject, participant, "bizops up")
        app = create_app(settings)
        stack.enter_context(served(app, port))
        yield Place(url, provider, app.extensions["portal_audit"])


def test_the_documents_commands_fetch_the_rows_of_the_own_participant_alone(running: Place) -> None:
    block = re.search(r"```sh\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert block
    script = (
        block[1].replace("http://localhost:8001", running.provider.url).replace("http://localhost:8004", running.url)
    )
    shell = shutil.which("sh")
    assert shell
    done = subprocess.run([shell, "-eu", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    listed, end = json.JSONDecoder().raw_decode(done.stdout)
    rows, _ = json.JSONDecoder().raw_decode(done.stdout[end:].lstrip())
    assert "reconciliation-amount" in {report["name"] for report in listed["reports"]}
    assert "settlement-audit" not in {report["name"] for report in listed["reports"]}
    assert {row["participant"] for row in rows["rows"]} == {"payerfsp"}


@pytest.mark.parametrize("name", ["payeefsp", "testfsp1", "nosuchfsp"])
def test_another_participants_report_is_not_there(running: Place, name: str) -> None:
    token = running.token(PAYMENT_MANAGER)
    assert running.get(f"{ROWS}&participant={name}", token).status_code == 404
    settlement = f"/api/reports/dfsp-settlement?settlementId=1&fspId={name}"
    assert running.get(settlement, token).status_code == 404


def test_a_report_that_the_role_does_not_give_is_not_there_either(running: Place) -> None:
    answer = running.get("/api/reports/settlement-audit", running.token(PAYMENT_MANAGER))
    assert answer.status_code in (403, 404)
    assert "payeefsp" not in answer.text


def test_a_pipeline_of_the_hub_sees_what_its_role_shows_of_everybody(running: Place) -> None:
    listed = running.get("/api/reports", running.token(PIPELINE))
    assert listed.status_code == 200, listed.text


def test_a_token_for_another_app_or_for_none_opens_nothing(running: Place) -> None:
    for resource in ("shell", running.provider.url):
        assert running.get(ROWS, running.token(PAYMENT_MANAGER, resource=resource)).status_code == 401


def test_a_client_whom_nobody_has_given_a_role_is_told_who_it_is(running: Place) -> None:
    answer = running.get(ROWS, running.token({"client_id": "users", "client_secret": "users-secret"}))
    assert answer.status_code == 403
    assert "“users” (subject users)" in answer.json()["detail"]


def test_what_a_client_reads_is_in_the_audit_under_its_name(running: Place) -> None:
    running.get(ROWS, running.token(PAYMENT_MANAGER))
    query = AuditQuery(actor="payment-manager-payerfsp", outcome="read", limit=5)
    entry = running.audit.entries(query).entries[0]
    assert (entry.actor.kind, entry.actor.participants) == ("machine", ("payerfsp",))
    assert entry.actor.session
