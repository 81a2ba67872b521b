"""Reports over the portal's own data: asked of the shell in the reader's name, whole or not at all."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff import RuleBroken
from bff.access.assignments import SqlAssignments
from bff.access.holding import Edit
from bff.identity.assertion import HEADER
from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.catalogue import BadReport, load
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME

RIGHTS = ("reports:catalogue:view", "reports:approvals:view", "reports:access-review:view")
ADA = {"subject": "u-ada", "name": "Ada"}


def request(number: int, state: str, **more: Any) -> dict[str, Any]:
    """A request as an app tells of it, asked for at nine and decided two hours and a quarter later."""
    amounts = [{"currency": "USD", "amount": "1234.50"}, {"currency": "XOF", "amount": "700"}]
    return {
        "id": f"t{number}", "action": "settlement.close_window", "title": "Close a window",
        "target": f"window:{number}",
        "sentence": f"Close window {number}.", "state": state, "maker": {"subject": "u-olivia", "name": "Olivia"},
        "made_at": f"2026-11-2{number}T09:00:00+00:00", "expires_at": "2026-11-30T09:00:00+00:00",
        "changed_at": f"2026-11-2{number}T11:15:00+00:00", "reason": "day's end", "problem": "", "participants": [],
        "amounts": amounts if number == 1 else [],
        "required": 1, "given": 1,
        "decisions": [{**ADA, "verdict": "approve", "reason": "", "at": f"2026-11-2{number}T11:15:00+00:00"}]
        if state == "DONE" else [],
        **more,
    }  # fmt: skip


PEOPLE = [
    {
        "id": f"u-{name}", "username": name, "displayName": name.capitalize(), "organisation": None,
        "active": name != "zoe", "lastLogin": "2026-11-20T08:00:00+00:00" if name == "olivia" else None,
    }
    for name in ("ada", "olivia", "zoe")
]  # fmt: skip


class Shell:
    """A shell that relays what two apps tell, and remembers who asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.requests = {"settlement": [request(1, "DONE"), request(2, "PENDING"), request(3, "REJECTED")], "users": []}
        self.people_status, self.away, self.asked = 200, "", list[dict[str, str]]()
        self.moved: Callable[[Request], Response] = self.approvals
        server.expect_request("/api/interfaces/approvals").respond_with_handler(lambda asked: self.moved(asked))
        server.expect_request("/api/interfaces/people").respond_with_handler(self.people)

    def approvals(self, asked: Request) -> Response:
        """Two requests a page."""
        self.asked.append({**asked.args, "whose": asked.headers.get("Portal-On-Behalf", "")})
        apps = []
        for app, told in self.requests.items():
            begin = int(asked.args.get("after") or 0)
            if asked.args.get("app", app) == app:
                newest = sorted(told, key=lambda each: str(each["changed_at"]), reverse=True)
                more = str(begin + 2) if len(told) > begin + 2 else ""
                document = {"approvals": newest[begin : begin + 2], "next": more}
                status = 0 if app == self.away else 200
                apps.append({"app": app, "title": app.capitalize(), "status": status, "document": document})
        return Response(json.dumps({"apps": apps}), mimetype="application/json")

    def people(self, asked: Request) -> Response:
        """Two people a page."""
        begin = int(asked.args["start"]) - 1
        document = {"users": PEOPLE[begin : begin + 2], "total": len(PEOPLE)} if self.people_status == 200 else {}
        told = {"app": "users", "title": "Users", "status": self.people_status, "document": document}
        return Response(json.dumps({"apps": [told]}), mimetype="application/json")


@pytest.fixture
def shell(httpserver: HTTPServer) -> Shell:
    return Shell(httpserver)


@pytest.fixture
def app(tmp_path: Path, hub_url: str, httpserver: HTTPServer, shell: Shell) -> Flask:
    url = httpserver.url_for("").rstrip("/")
    settings = settings_for(ReportsSettings, tmp_path, hub_database_url=hub_url, shell_url=url)
    store = SqlAssignments(settings.access_database_url)
    store.edit(Edit(subject="u-olivia", by="u-ada", give_roles=frozenset({"operator"})))
    roles, participants = frozenset({"dfspReconciliationReports"}), frozenset({"payerfsp"})
    store.edit(Edit(subject="u-ravi", by="u-ada", give_roles=roles, give_participants=participants))
    return create_app(settings)


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return user_with(app, *RIGHTS, iss=app.extensions["portal_settings"].shell_url, sub="u-ada")


def rows(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    """The report's rows as JSON Lines have them, those of its first table."""
    answer = client.get(f"/catalogue/{path}")
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return [line for line in lines if "sha256" not in line]


def test_what_is_read_in_ones_own_name_says_why_it_is_not_written_in_the_background(auditor: FlaskClient) -> None:
    page = auditor.get("/catalogue/approvals").text
    assert "This report is read in your own name" in page
    assert "in the background</button>" not in page


def test_approvals_say_who_asked_who_decided_and_how_long_it_took(auditor: FlaskClient, shell: Shell) -> None:
    told = list(csv.reader(io.StringIO(auditor.get("/catalogue/approvals/rows.csv").text, newline="")))
    heads, *lines = [line for line in told if line and not line[0].startswith("# ")]
    found = [dict(zip(heads, line, strict=True)) for line in lines[:4]]
    first = {name: found[0][name] for name in ("Area", "Action", "Request", "State", "Asked by", "Approved by")}
    assert first == {
        "Area": "Settlement", "Action": "Close a window", "Request": "Close window 1.", "State": "DONE",
        "Asked by": "Olivia", "Approved by": "Ada",
    }  # fmt: skip
    assert [(line["Currency"], line["Amount"]) for line in found] == [
        ("USD", "1234.50"),
        ("XOF", "700"),
        ("", ""),
        ("", ""),
    ]
    assert [line["Hours to decision"] for line in found] == ["2.25", "2.25", "", ""]
    assert [line["State"] for line in found] == ["DONE", "DONE", "PENDING", "REJECTED"]


def test_the_shell_is_asked_with_what_it_said_of_the_reader(auditor: FlaskClient, shell: Shell) -> None:
    auditor.get("/catalogue/approvals/rows.csv")
    assert {each["whose"] for each in shell.asked} == {auditor.environ_base["HTTP_PORTAL_IDENTITY"]}


def test_what_changed_while_others_were_read_is_not_lost(auditor: FlaskClient, shell: Shell) -> None:
    page_by_page = shell.approvals
    third = shell.requests["settlement"][0]

    def moves(asked: Request) -> Response:
        if asked.args.get("after"):
            third["changed_at"], third["state"] = "2026-11-24T09:00:00+00:00", "FAILED"
        return page_by_page(asked)

    shell.moved = moves
    states = [line["state"] for line in rows(auditor, "approvals/rows.jsonl") if "asked" in line]
    assert sorted(states) == ["FAILED", "FAILED", "PENDING", "REJECTED"]


def test_half_an_answer_is_no_report(auditor: FlaskClient, shell: Shell) -> None:
    shell.away = "settlement"
    answer = auditor.get("/catalogue/approvals/rows.csv")
    assert (answer.status_code, "Settlement does not answer" in answer.text) == (503, True)


def test_a_state_is_chosen_in_the_sql_and_the_page_offers_the_areas_there_are(auditor: FlaskClient) -> None:
    page = auditor.get("/catalogue/approvals?state=PENDING").text
    assert "Close window 2." in page
    assert "Close window 1." not in page
    assert '<option value="settlement"' in page


def test_access_says_who_has_what_since_when_by_whom_and_what_it_lets_them_do(auditor: FlaskClient) -> None:
    page = auditor.get("/catalogue/access-review").text
    for word in (
        "Olivia",
        "20 Nov 2026 08:00",
        "operator",
        "dfspReconciliationReports",
        "payerfsp",
        "Inactive",
        "u-ravi",
    ):
        assert word in page, word
    narrowed = auditor.get("/catalogue/access-review?role=operator").text
    assert "settlement:window:close" in narrowed
    assert "u-ravi" not in narrowed


def test_whoever_may_see_no_people_is_told_ids_alone(auditor: FlaskClient, shell: Shell) -> None:
    shell.people_status = 403
    page = auditor.get("/catalogue/access-review").text
    assert "u-olivia" in page
    assert "Olivia" not in page


@pytest.mark.parametrize("name", ["approvals", "access-review"])
def test_only_hub_staff_with_its_permission_read_it(app: Flask, name: str) -> None:
    issuer = app.extensions["portal_settings"].shell_url
    without = user_with(app, "reports:catalogue:view", iss=issuer)
    confined = user_with(app, *RIGHTS, iss=issuer, hub=False, participants=["payerfsp"])
    statuses = {client.get(f"/catalogue/{name}").status_code for client in (without, confined)}
    assert statuses == {403, 404}


def test_without_a_reader_nothing_is_gathered(app: Flask) -> None:
    shelf = app.extensions[NAME]
    entry = shelf.catalogue["approvals"]
    with app.app_context(), app.test_request_context(headers={HEADER: ""}):
        database = shelf.database.of(entry.report.source)
        with pytest.raises(RuleBroken, match="in its reader's own name"), database.snapshot() as snapshot:
            list(snapshot.rows(entry.statements["requests"], dict.fromkeys(("startDate", "endDate", "app", "state"))))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("FROM request r", "FROM transfer r", "the source approvals has no table transfer"),
        ("r.state", "r.stat", "the column stat is not of its tables"),
        ("params: []", "params: [{name: p, type: participant}]", "participant is picked from the hub's database"),
        ("source: approvals", "source: ledger", "'ledger' is not one of"),
    ],
)
def test_a_file_over_own_data_is_checked_against_its_tables(tmp_path: Path, old: str, new: str, reason: str) -> None:
    text = """\
kind: MojaloopReport
metadata: {name: states}
spec:
  source: approvals
  scope: hub
  endpoint: {path: /states, params: []}
  queries:
    - {name: states, query: SELECT r.state FROM request r}
"""
    (tmp_path / "states.yaml").write_text(text)
    assert "states" in load(tmp_path)
    (tmp_path / "states.yaml").write_text(text.replace(old, new))
    with pytest.raises(BadReport, match=reason):
        load(tmp_path)
