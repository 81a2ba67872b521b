"""A report is begun, checked and run from the terminal, against any database."""

import csv
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from bff.cli import main
from microfrontends.reports.catalogue import STANDARD


def bizops(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["reports", *map(str, arguments)])


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    assert bizops("new", "own-report", "--into", tmp_path).exit_code == 0
    return tmp_path / "own-report.yaml"


def test_what_new_writes_passes_check_and_is_not_written_over(begun: Path, hub_url: str) -> None:
    checked = bizops("check", begun, "--database", hub_url, "-p", "settlementWindowId=1")
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (0, f"{begun}: ok")
    assert "transfers: 3 rows in" in checked.output
    assert "exists; choose another name" in bizops("new", "own-report", "--into", begun.parent).output


@pytest.mark.parametrize("source", ["approvals", "access"])
def test_a_report_over_own_data_is_begun_and_checked_and_runs_in_the_portal_alone(
    tmp_path: Path, hub_url: str, source: str
) -> None:
    assert bizops("new", "mine", "--into", tmp_path, "--source", source).exit_code == 0
    checked = bizops("check", tmp_path / "mine.yaml", "--database", hub_url)
    assert (checked.exit_code, "has no rows outside of the portal" in checked.output) == (0, True)
    ran = bizops("run", tmp_path / "mine.yaml", "--database", hub_url)
    assert (ran.exit_code, "are read in the portal alone" in ran.output) == (1, True)


def test_a_new_report_may_have_the_permission_of_another(tmp_path: Path) -> None:
    bizops("new", "mine", "--into", tmp_path, "--permission", "reports:settlement:view")
    assert "  permission: reports:settlement:view\n" in (tmp_path / "mine.yaml").read_text()


def test_check_names_line_and_reason(begun: Path, hub_url: str) -> None:
    begun.write_text(begun.read_text().replace("p.name AS", "p.nmae AS"))
    checked = bizops("check", begun, "--database", hub_url)
    assert checked.exit_code == 1
    assert "own-report.yaml:24: query transfers: the column nmae is not of its tables" in checked.output


def test_check_holds_a_query_to_its_budget(begun: Path, hub_url: str) -> None:
    checked = bizops("check", begun, "--database", hub_url, "--rows", 1, "-p", "settlementWindowId=1")
    assert (checked.exit_code, "gives more than 1 rows" in checked.output) == (1, True)


def test_run_writes_to_the_terminal_or_a_file_as_a_participant_sees_it(begun: Path, hub_url: str) -> None:
    given = ("--database", hub_url, "-p", "settlementWindowId=1")
    lines = list(csv.reader(bizops("run", begun, *given, "--as", "payerfsp").stdout.splitlines()))
    assert lines[:2] == [["Participant", "Currency", "Sent", "Transfers"], ["payerfsp", "USD", "100.30", "2"]]
    assert lines[2][0] == "# total"
    book = begun.parent / "out.xlsx"
    assert bizops("run", begun, *given, "--format", "xlsx", "--out", book).exit_code == 0
    assert openpyxl.load_workbook(book).sheetnames == ["transfers", "About"]


def test_run_names_what_is_missing(hub_url: str) -> None:
    ran = bizops("run", "settlement-window", "--database", hub_url)
    assert (ran.exit_code, "settlementWindowId (window): '' is missing" in ran.output) == (1, True)


def test_every_report_that_is_shipped_runs_within_the_budget(hub_url: str) -> None:
    given = ["-p", "fspId=payerfsp", "-p", "dfspId=payerfsp", "-p", "settlementWindowId=1"]
    for path in sorted(STANDARD.glob("*.yaml")):
        checked = bizops("check", path, "--database", hub_url, "-p", "settlementId=1", *given)
        assert checked.exit_code == 0, checked.output
