"""What holds for each report of the catalogue: its own permission, both languages, nobody else's rows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bff import Missing
from microfrontends.reports.domain.definition import ParamType, Report, Scope
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.permissions import P
from microfrontends.reports.tests.golden.conftest import EVER
from microfrontends.reports.tests.golden.ledger import Ledger, catalogue, people_of
from tests.figures import figure

ROLES = Path(__file__).parents[4] / "roles"
# What a hub's sites call their reports by: the paths of the templates that other portals ship.
SHIPPED_PATHS = (
    "dfspSettlement",
    "dfspSettlementDetail",
    "dfspSettlementDetailExternalParticipant",
    "dfspSettlementExternalParticipant",
    "dfspSettlementStatement",
    "reconciliationAmount",
    "report-bilateral-settlement",
    "report-multilateral-settlement",
    "report-transaction-detail",
    "report-transaction",
    "reporting-bilateral-settlements-external-participants",
    "settlement",
    "settlementAudit",
    "settlementDirectory",
    "settlementFlowDirectory",
    "settlementInitiation",
    "settlementWindow",
    "transactionReconciliation",
    "unfinalizedSettlementTransfers",
    "unfinalizedTransfers",
    "singleSchemeDfspSettlementDetail",
)
NAMES = sorted(catalogue())
EVERYONE = {"alphabank", "betawallet", "gammapay", "deltamfi", "northproxy", "fxmaker"}
# Where another's name beside one's own figures is the report's point: who sent it, who received it.
SIDES = [
    ("payer", "payee", "converter"),
    ("sender", "receiver"),
    ("debtor", "creditor"),
    ("participant", "counterparty"),
    ("proxy", "counterparty"),
    ("initiator", "converter"),
    ("participant",),
]


def given(report: Report, number: int, who: str) -> dict[str, Any]:
    """Values for all parameters that a report must have."""
    values: dict[str, Any] = {"transferId": "r-plain", "externalParticipantFspId": "faraway", **EVER}
    for param in report.params:
        if param.type is ParamType.SETTLEMENT:
            values[param.name] = number
        elif param.type is ParamType.WINDOW:
            values[param.name] = number if number < 3 else 4
        elif param.type is ParamType.PARTICIPANT and param.required:
            values[param.name] = who
    return {param.name: values[param.name] for param in report.params if param.name in values}


def test_all_shipped_reports_are_here_under_their_paths() -> None:
    paths = {entry.report.path for entry in catalogue().values()}
    assert {path.lower() for path in SHIPPED_PATHS} <= paths
    figure("catalogue_reports", str(len(catalogue())))


def test_each_report_has_a_permission_of_its_own_that_some_role_holds() -> None:
    permissions = [entry.report.permission for entry in catalogue().values()]
    assert len(set(permissions)) == len(permissions)
    held = {
        one
        for file in ROLES.glob("*.yaml")
        for one in yaml.safe_load(file.read_text("utf-8"))["spec"].get("permissions", ())
    }
    assert set(permissions) <= held
    own = {one for one in held if one.startswith("reports:")} - {"reports:audit:view", *map(str, P)}
    assert own <= set(permissions)  # no role opens a report that is not there


def test_whatever_a_reader_sees_is_said_in_both_languages() -> None:
    for entry in catalogue().values():
        report = entry.report
        texts = [report.title, report.description, report.group, *(param.label for param in report.params)]
        for query in report.queries:
            texts += [query.title, *(column.label for column in query.columns)]
        assert all({"en", "fr"} <= set(one) for one in texts), report.name


@pytest.mark.parametrize("name", NAMES)
def test_a_participants_people_see_their_own_rows_and_no_others(regional: Ledger, name: str) -> None:
    report = catalogue()[name].report
    if report.scope is Scope.HUB:
        assert not may_run(report, sees_all=False)
        return
    for who in sorted(EVERYONE):
        for number in (1, 3):
            try:
                answer = regional.ask(name, people_of(who), **given(report, number, who))
            except Missing:
                continue  # a transfer of others
            for rows in answer.values():
                for row in rows:
                    sides = next((one for one in SIDES if one[0] in row), ())
                    assert not sides or who in {row.get(side) for side in sides}, (name, who, row)


@pytest.mark.parametrize("name", NAMES)
def test_people_of_no_participant_see_nothing_of_any(regional: Ledger, name: str) -> None:
    report = catalogue()[name].report
    if report.scope is Scope.HUB:
        return
    try:
        answer = regional.ask(name, people_of(), **given(report, 3, "alphabank"))
    except Missing:
        return
    assert {query.name for query in report.queries if answer[query.name]} <= {
        query.name for query in report.queries if query.scope is Scope.EVERYONE
    }
