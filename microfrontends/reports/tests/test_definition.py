"""What a report's file may say, beyond the least, and how a site's own MojaloopReport is read or refused."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from bff import RuleBroken
from microfrontends.reports import catalogue
from microfrontends.reports.domain.definition import ColumnType, Format, Limits, ParamType, Scope
from microfrontends.reports.domain.parameters import Fault, read
from microfrontends.reports.layout import laid_out

BARE = """\
apiVersion: mojaloop.io/v1
kind: MojaloopReport
metadata: {name: transfers-of-a-participant}
spec:
  scope: {participant: fspId}
  permission: transferApi
  endpoint:
    path: /Report-Transfers
    params:
      - {name: fspId, required: true, type: participant}
      - {name: settlementId, default: "1"}
  queries:
    - name: transfers
      query: |
        SELECT t.transferId, t.amount, t.createdDate AS made, COUNT(*) AS legs, payer.name AS payer
        FROM central_ledger.transfer t
        JOIN transferParticipant tp ON tp.transferId = t.transferId
        JOIN participant payer ON payer.participantId = tp.participantId
        JOIN transferFulfilment f USING (transferId)
        WHERE (payer.name = :fspId) AND f.settlementWindowId <> :settlementId
        GROUP BY t.transferId, t.amount, t.createdDate, payer.name
  template: <html><%= transfers[0].amount %></html>
"""
PARAM = '- {name: settlementId, default: "1"}'


def load(folder: Path, text: str) -> catalogue.Entry:
    (folder / "one.yaml").write_text(text, "utf-8")
    return next(iter(catalogue.load(folder).values()))


def test_a_mojaloop_reports_own_fields_are_read_as_they_are(tmp_path: Path) -> None:
    report = load(tmp_path, BARE).report
    assert (report.permission, report.path) == ("reports:transfer-api:view", "report-transfers")
    assert (report.scope, report.confined_to) == (Scope.PARTICIPANT, "fspId")
    assert [(param.name, param.required, param.default) for param in report.params][1] == ("settlementId", False, "1")
    assert [(column.key, column.type) for column in report.queries[0].columns] == [
        ("transferId", ColumnType.TEXT),
        ("amount", ColumnType.DECIMAL),
        ("made", ColumnType.DATE_TIME),
        ("legs", ColumnType.INTEGER),
        ("payer", ColumnType.TEXT),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("payer.name = :fspId", "payer.name <> :fspId", 15, "needs AND <column> = :fspId"),
        ("(payer.name = :fspId)", "(payer.name = :fspId OR 1 = 1)", 15, "needs AND <column> = :fspId"),
        ("required: true, type: participant", "type: participant", 5, "fspId must be a required parameter of type"),
        ("{participant: fspId}", "{participant: dfspId}", 5, "dfspId must be a required parameter"),
        ("transferFulfilment f", "transferFulfilments f", 19, "the hub has no table transferFulfilments"),
        ("transferFulfilment f", "TransferFulfilment f", 19, "its table is spelt transferFulfilment"),
        ("central_ledger.transfer", "account_lookup.oracleEndpoint", 16, "reads the database account_lookup"),
        ("payer.name AS payer", "payer.nmae AS payer", 15, "the column nmae is not of its tables"),
        ("t.createdDate AS made", "createdDate AS made", 15, "createdDate is not of its tables, or of several"),
        ("SELECT t.transferId", "SELECT t.amount + 1, t.transferId", 15, "of its result"),
        ("WHERE (payer", "WHERE SLEEP(1) AND (payer", 20, "SLEEP()"),
        (PARAM, "- {name: settlementId, type: enum}", 11, "'options' is a required property"),
        (PARAM, "- {name: settlementId, type: date-time-range}", 11, "'begins' is a required property"),
        ("  scope:", "  limits: {rows: 0}\n  scope:", 5, "0 is less than the minimum"),
        ("  scope:", "  formats: [docx]\n  scope:", 5, "'docx' is not one of"),
        ("  scope:", "  layout: '{% for %}'\n  scope:", 5, "layout: "),
    ],
)  # fmt: skip
def test_what_is_not_fit_is_refused_by_line(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    assert old in BARE
    with pytest.raises(catalogue.BadReport) as refused:
        load(tmp_path, BARE.replace(old, new))
    assert reason in str(refused.value)
    assert str(refused.value).startswith(f"one.yaml:{line}: ")


@pytest.mark.parametrize(
    "condition",
    [
        "(payer.name = :fspId OR :fspId = payer.description)",
        "payer.name = :fspId AND 1 = 1",
        "(:all_participants = 1 OR payer.name IN (:participants) OR payer.description IN (:participants))"
        " AND :fspId <> ''",
    ],
)
def test_several_columns_may_say_whose_row_it_is(tmp_path: Path, condition: str) -> None:
    assert load(tmp_path, BARE.replace("(payer.name = :fspId)", condition))


def test_an_inner_join_confines_and_an_outer_one_does_not(tmp_path: Path) -> None:
    joined = BARE.replace("tp.participantId\n", "tp.participantId AND payer.name = :fspId\n").replace(
        "(payer.name = :fspId)", "1 = 1"
    )
    assert load(tmp_path, joined)
    with pytest.raises(catalogue.BadReport):
        load(tmp_path, joined.replace("JOIN participant payer", "LEFT JOIN participant payer"))
    with pytest.raises(catalogue.BadReport):
        load(tmp_path, joined.replace("JOIN transferFulfilment", "RIGHT JOIN transferFulfilment"))


def test_a_range_is_two_moments_and_does_not_end_before_it_begins(tmp_path: Path) -> None:
    spec = "- {name: p, type: date-time-range, begins: settlementId, ends: until, label: Period}"
    text = BARE.replace(PARAM, spec).replace("<> :settlementId", "<> :settlementId AND f.createdDate < :until")
    params = load(tmp_path, text).report.params
    assert [(param.name, param.type, param.label["en"]) for param in params[1:]] == [
        ("settlementId", ParamType.DATE_TIME, "Period from"),
        ("until", ParamType.DATE_TIME, "Period before"),
    ]
    given = {"fspId": "a", "settlementId": "2026-11-22", "until": "2026-11-22T00:00"}
    assert read(params, given)[1][0].fault is Fault.REVERSED


def test_a_moment_without_an_offset_is_of_the_hubs_zone(tmp_path: Path) -> None:
    (_, moment) = load(tmp_path, BARE.replace('default: "1"', "type: date-time")).report.params
    values, _ = read((moment,), {"settlementId": "2026-11-22T06:30"}, ZoneInfo("Asia/Yangon"))
    assert values == {"settlementId": datetime(2026, 11, 22, tzinfo=UTC)}
    assert read((moment,), {"settlementId": "tomorrow"})[1][0].fault is Fault.NOT_A_MOMENT


def test_an_enum_takes_its_options_and_nothing_else(tmp_path: Path) -> None:
    text = BARE.replace('default: "1"', "type: enum, options: [1, {value: b, label: {en: B, fr: Bé}}]")
    (_, enum) = load(tmp_path, text).report.params
    assert [(option.value, option.label["en"]) for option in enum.options] == [("1", "1"), ("b", "B")]
    assert read((enum,), {"settlementId": "c"})[1][0].fault is Fault.NOT_AN_OPTION


def test_options_may_come_from_a_query_that_is_confined_like_any(tmp_path: Path) -> None:
    query = "SELECT name AS value FROM participant"
    text = BARE.replace('default: "1"', f'options: {{query: "{query} WHERE name IN (:participants)"}}')
    assert set(load(tmp_path, text).lists) == {"settlementId"}
    with pytest.raises(catalogue.BadReport, match=r"one.yaml:11: options of settlementId: its scope is session"):
        load(tmp_path, BARE.replace('default: "1"', f'options: {{query: "{query}"}}'))


def test_limits_and_formats_are_kept(tmp_path: Path) -> None:
    text = BARE.replace("  scope:", "  limits: {rows: 5, seconds: 7}\n  formats: [csv, pdf]\n  scope:")
    report = load(tmp_path, text).report
    assert (report.limits, report.formats) == (Limits(5, 7), (Format.CSV, Format.PDF))


def test_a_site_may_have_tables_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text('{"siteView": {"transferId": "varchar(36)", "fee": "decimal(18,4)"}}')
    text = BARE.replace("JOIN transferFulfilment f", "JOIN siteView v USING (transferId)\nJOIN transferFulfilment f")
    assert load(tmp_path, text.replace("\nJOIN", "\n        JOIN").replace("t.amount,", "v.fee,"))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ tables.__init__.__globals__ }}",
        "{% include 'page.html' %}",
        "{{ config }}",
        "{{ request }}",
        "{{ url_for('x') }}",
        "{{ rows.clear() }}",
    ],
)
def test_a_layout_reaches_nothing_but_the_result(app: Flask, attack: str) -> None:
    with app.test_request_context(), pytest.raises(RuleBroken):
        laid_out(attack, {"tables": {}, "rows": [1]})


def test_what_a_layout_prints_is_escaped() -> None:
    assert laid_out("<b>{{ name }}</b>", {"name": "<script>"}) == "<b>&lt;script&gt;</b>"
