"""What others deal among themselves changes nothing that a participant's people can get, whichever way they ask.

Two ledgers differ in nothing but the others' dealings: every answer to alphabank's people must be the same on both.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from bff.access.assignments import SqlAssignments
from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.catalogue import load
from microfrontends.reports.domain.definition import Format, Param, ParamType, Report, Scope
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.background import Scene
from microfrontends.reports.tests.golden import ledger
from microfrontends.reports.tests.golden.regional import REGIONAL

Given = dict[str, str | list[str]]
OWN, OTHER = "alphabank", "betawallet"
THEIRS = "01M81215S8Q54HJAQR9K8ADKW4"  # a transfer from betawallet to gammapay
OURS = "01M8121434106NVM010R3Z565S"
REPORTS = [entry.report for entry in load().values()]
GIVEN = {
    "settlementId": "3",
    "settlementWindowId": "4",
    "startDate": "2020-01-01T00:00:00Z",
    "endDate": "2030-01-01T00:00:00Z",
    "transferId": OURS,
    "externalParticipantFspId": "faraway",
}
# Names under which the peer, and other tools, take a participant.
NAMES = ("fspId", "dfspId", "FspId", "participantName", "participant", "participants", "name", "payerFsp")
NOT_OURS = "(SELECT participantCurrencyId FROM participantCurrency WHERE participantId <> :own)"
FOREIGN = "(SELECT transferId FROM transferParticipant WHERE participantId = :own)"
CHANGES = (
    f"UPDATE transfer SET amount = amount * 3 + 7 WHERE transferId NOT IN {FOREIGN}",
    f"UPDATE transferParticipant SET amount = amount * 3 + 7 WHERE transferId NOT IN {FOREIGN}",
    f"UPDATE settlementContentAggregation SET amount = amount * 3 + 7 WHERE participantCurrencyId IN {NOT_OURS}",
    f"UPDATE settlementParticipantCurrency SET netAmount = netAmount * 3 + 7 WHERE participantCurrencyId IN {NOT_OURS}",
    f"UPDATE participantPosition SET value = value * 3 + 7 WHERE participantCurrencyId IN {NOT_OURS}",
    f"UPDATE participantPositionChange SET value = value * 3 + 7, `change` = `change` * 3 WHERE participantCurrencyId"
    f" IN {NOT_OURS}",
    f"UPDATE participantLimit SET value = value * 3 + 7 WHERE participantCurrencyId IN {NOT_OURS}",
)


MAY = ["reports:catalogue:view", *(report.permission for report in REPORTS)]


@dataclass(frozen=True)
class World:
    """The app on each ledger, and who stands in front of it: made anew, since nobody's word holds for long."""

    apps: tuple[Flask, Flask]

    @property
    def people(self) -> list[FlaskClient]:
        """One of alphabank's people at each."""
        return [user_with(app, *MAY, hub=False, participants=[OWN], sub="u-1") for app in self.apps]

    @property
    def staff(self) -> list[FlaskClient]:
        """One of the hub's staff at each."""
        return [user_with(app, *MAY) for app in self.apps]


def portal(folder: Path, *changes: str) -> Flask:
    folder.mkdir()
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    ledger.build(url, REGIONAL)
    engine = create_engine(url)
    with engine.begin() as connection:
        own = connection.execute(text("SELECT participantId FROM participant WHERE name = :own"), {"own": OWN}).scalar()
        for change in changes:
            assert connection.execute(text(change), {"own": own}).rowcount > 0
    engine.dispose()
    app = create_app(settings_for(ReportsSettings, folder, hub_database_url=url))
    # What is written in the background asks the store: every report of the hub, for the people of one participant.
    store = SqlAssignments(app.extensions["portal_settings"].access_database_url)
    for role in ("operator", "financeManager", "audit"):
        store.assign("u-1", role, "test")
    store.add_participant("u-1", OWN, "test")
    return app


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("worlds")
    return World((portal(folder / "one"), portal(folder / "other", *CHANGES)))


def values(report: Report) -> dict[str, str]:
    """What alphabank's people would give."""
    own = {param.name: OWN for param in participants(report)}
    return {param.name: GIVEN[param.name] for param in report.params if param.name in GIVEN} | own


def participants(report: Report) -> list[Param]:
    return [param for param in report.params if param.type is ParamType.PARTICIPANT]


def tries(report: Report) -> Iterator[Given]:
    """Own; by omission; by another parameter's name; by id; by repetition."""
    own: Given = dict(values(report))
    named = {param.name for param in participants(report)}
    declared = {param.name for param in report.params}
    yield own
    yield {name: value for name, value in own.items() if name not in named}
    yield own | {name: OTHER for name in NAMES if name not in declared} | {"all_participants": "1"}
    yield own | {name: [OWN, OTHER] for name in named}
    for name, others in (("settlementId", "12"), ("settlementWindowId", "12")):
        yield from (own | {name: other} for other in others if name in declared)
    if "transferId" in declared:
        yield own | {"transferId": THEIRS}


def ways(report: Report) -> list[str]:
    page, api = f"/catalogue/{report.name}", f"/api/reports/{report.name}"
    files = [form for form in report.formats if form is not Format.PDF]  # a paper differs by its moment
    return [page, *(f"{page}/rows.{form}" for form in files), *(f"{api}?format={form}" for form in ("json", "csv"))]


def content(body: bytes) -> str:
    """An answer without its moment and its hash, which differ from one second to the next."""
    if body[:2] == b"PK":
        book = zipfile.ZipFile(io.BytesIO(body))
        return "".join(book.read(name).decode() for name in sorted(book.namelist()) if "sheet1" in name)
    said = body.decode()
    said = re.sub(r'(# as of|# sha-256),.*|"as_of": "[^"]*"|"sha256": "\w+"|as of [^<]*|nonce="[^"]*"', "", said)
    return re.sub(r'"reference": "\w+"|Reference[^<]*<[^>]*>[^<]*', "", said)


def ask(client: FlaskClient, way: str, given: Mapping[str, str | list[str]]) -> TestResponse:
    path, _, form = way.partition("?format=")
    return client.get(path, query_string={**given} | ({"format": form} if form else {}))


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_others_dealings_change_no_answer(world: World, report: Report, tried: list[bool]) -> None:
    leaks = []
    allowed = {404} if report.scope is Scope.HUB else {200, 404, 422}
    for given in tries(report):
        for way in ways(report):
            one, other = (ask(client, way, given) for client in world.people)
            leaked = content(one.data) != content(other.data) or one.status_code not in allowed
            tried.append(leaked)
            if leaked:
                leaks.append((way, given, one.status_code))
    assert leaks == []


def written(client: FlaskClient, report: Report, given: Mapping[str, str | list[str]]) -> bytes:
    """The file of a run in the background; nothing where it was not begun."""
    answer = client.post(f"/catalogue/{report.name}/background", data={**given, "file-format": report.formats[0]})
    run_id = answer.location.rpartition("/")[2] if answer.status_code == 303 else ""
    if "?" in run_id or not run_id:
        return b""
    Scene(client.application).write(run_id)
    file: bytes = client.get(f"/runs/{run_id}/file").data
    return file


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_others_dealings_change_no_file_written_in_the_background(
    world: World, report: Report, tried: list[bool]
) -> None:
    leaks = []
    for given in list(tries(report))[1:3]:
        one, other = (written(client, report, given) for client in world.people)
        tried.append(content(one) != content(other) or (report.scope is Scope.HUB and bool(one)))
        leaks += [given] if tried[-1] else []
    assert leaks == []


def test_files_are_written_in_the_background_so_the_comparison_can_fail(world: World) -> None:
    (report,) = (each for each in REPORTS if each.name == "settlement-window-positions")
    assert OWN in content(written(world.people[0], report, {}))


@pytest.mark.parametrize("report", [each for each in REPORTS if participants(each)], ids=lambda report: report.name)
def test_asking_for_another_participant_is_answered_with_404(world: World, report: Report, tried: list[bool]) -> None:
    found = set()
    for param in participants(report):
        for name in (OTHER, OTHER.upper(), "Hub", "%"):
            for way in ways(report):
                status = ask(world.people[0], way, {**values(report), param.name: name}).status_code
                tried.append(status != 404)
                found.add(status)
    assert found == {404}


def test_hub_staff_do_see_what_was_changed_so_the_comparison_can_fail(world: World) -> None:
    seen = {report.name for report in REPORTS if differs(world, report)}
    assert seen >= {
        "settlement-window",
        "settlement",
        "multilateral-settlement",
        "bilateral-settlement",
        "transaction",
        "position-history",
        "net-debit-cap-history",
    }


def differs(world: World, report: Report) -> bool:
    named = {param.name for param in participants(report)}
    given = {name: value for name, value in values(report).items() if name not in named}
    one, other = (
        ask(client, f"/api/reports/{report.name}?format=csv", {**given, "settlementId": "1"}) for client in world.staff
    )
    return one.status_code == 200 and content(one.data) != content(other.data)
