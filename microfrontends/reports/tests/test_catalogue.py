"""Which report files load, and how others are refused: by file, line and reason."""

from pathlib import Path

import pytest

from microfrontends.reports import catalogue

GOOD = """\
kind: MojaloopReport
metadata: {name: people}
spec:
  scope: session
  endpoint:
    path: /people
    params:
      - {name: wanted}
  queries:
    - name: rows
      columns:
        - {key: name}
      query: |
        SELECT p.name
        FROM participant p
        WHERE p.name = :wanted
          AND (:all_participants = 1 OR p.name IN (:participants))
"""


def load(folder: Path, text: str) -> catalogue.Catalogue:
    (folder / "people.yaml").write_text(text, "utf-8")
    return catalogue.load(folder)


def test_a_report_needs_no_more_than_a_scope_beside_the_fields_of_a_mojaloop_report(tmp_path: Path) -> None:
    report = load(tmp_path, GOOD)["people"].report
    assert (report.permission, report.title["en"], report.group["en"]) == ("reports:people:view", "people", "Other")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("  scope: session\n", "", 4, "'scope' is a required property"),
        ("scope: session", "scope: nobody", 4, "'nobody' is not one of"),
        ("{name: wanted}", "{name: wanted, colour: red}", 8, "'colour' was unexpected"),
        ("{name: wanted}", "{name: wanted, type: colour}", 8, "'colour' is not one of"),
        ("{name: wanted}", "{name: participants}", 8, "bound by the portal"),
        ("p.name = :wanted", "p.name = :missed", 16, "uses :missed"),
        ("p.name = :wanted", "p.name = 'a'", 8, "no query uses :wanted"),
        ("SELECT p.name\n", "SELECT (p.name\n", 15, "not SQL"),
        ("p.name IN (:participants))", "p.name IN (:participants) OR 1 = 1)", 14, "its scope is session"),
        ("{key: name}", "{key: name, type: money}", 12, "'currency' is a required property"),
        ("{key: name}", "{key: name, type: money, currency: unit}", 12, "no column unit"),
        ("    - name: rows\n", "    - name: rows\n      section: facts\n", 10, "every query is of facts"),
        ("kind: MojaloopReport", "kind: [", 3, "not YAML"),
    ],
)
def test_a_file_that_is_not_fit_is_refused_with_its_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(catalogue.BadReport) as refused:
        load(tmp_path, GOOD.replace(old, new))
    assert str(refused.value).startswith(f"people.yaml:{line}: ")
    assert reason in str(refused.value)


def test_money_of_several_currency_columns_has_no_total(tmp_path: Path) -> None:
    columns = "{key: name}\n        - {key: a}\n        - {key: b}\n"
    columns += "        - {key: x, type: money, currency: a, total: true}\n        - {key: y, type: money, currency: b}"
    selected = GOOD.replace("{key: name}", columns)
    selected = selected.replace("SELECT p.name", "SELECT p.name, 1 AS a, 2 AS b, 3 AS x, 4 AS y")
    with pytest.raises(catalogue.BadReport, match=r"people.yaml:15: total: its money has several currency columns"):
        load(tmp_path, selected)


def test_two_files_may_not_define_one_report(tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(catalogue.BadReport, match="people is defined twice"):
        load(tmp_path, GOOD)


def test_every_report_that_is_shipped_loads_in_both_languages() -> None:
    for entry in catalogue.load().values():
        texts = [entry.report.title, entry.report.description, entry.report.group]
        texts += [column.label for query in entry.report.queries for column in query.columns]
        assert all({"en", "fr"} <= set(text) for text in texts), entry.report.name
