"""What a chart draws of rows, what it does not, and which charts no report may declare."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from microfrontends.reports import sql_names
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.domain.charts import Bars, Lines, drawn
from microfrontends.reports.domain.definition import Chart, ChartKind
from microfrontends.reports.domain.results import Row
from microfrontends.reports.report_file import BadReport, read_text

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
NETS = Chart(ChartKind.BARS, ("who",), ("net",))
COUNTS = Chart(ChartKind.STACKED, ("who",), ("sent", "received"))
HISTORY = Chart(ChartKind.LINE, ("at",), ("value", "cap"), "who")
SOURCE = (STANDARD / "settlement-window.yaml").read_text("utf-8")
DECLARED = "chart: {kind: bars, over: participant, show: net}"


def bars(*nets: str) -> list[Row]:
    return [{"who": f"dfsp{at}", "net": Decimal(net)} for at, net in enumerate(nets)]


def history(people: int, moments: int = 3) -> list[Row]:
    return [
        {"who": f"dfsp{who}", "at": BEGIN + timedelta(hours=at), "value": Decimal(10 * at), "cap": Decimal(40)}
        for who in range(people)
        for at in range(moments)
    ]


def test_bars_go_both_ways_from_a_common_zero() -> None:
    found = drawn(NETS, bars("30", "-10", "0"))
    assert isinstance(found, Bars)
    assert found.zero == 25.0
    assert [(bar.parts[0].begin, bar.parts[0].length) for bar in found.bars] == [(25.0, 75.0), (0.0, 25.0), (25.0, 0.0)]


def test_stacked_parts_follow_one_another_and_the_longest_bar_fills_the_field() -> None:
    found = drawn(COUNTS, [{"who": "a", "sent": 3, "received": 1}, {"who": "b", "sent": 1, "received": 1}])
    assert isinstance(found, Bars)
    assert [[(part.begin, part.length) for part in bar.parts] for bar in found.bars] == [
        [(0.0, 75.0), (75.0, 25.0)],
        [(0.0, 25.0), (25.0, 25.0)],
    ]


def test_a_line_holds_each_figure_until_the_next() -> None:
    found = drawn(HISTORY, history(1))
    assert isinstance(found, Lines)
    value, cap = found.series
    assert value.path == "M0.0 40.0H50.0V30.0H100.0V20.0H100"
    assert (value.last, cap.path) == (Decimal(20), "M0.0 0.0H50.0V0.0H100.0V0.0H100")
    assert (found.low, found.high, found.zero) == (0, Decimal(40), 40.0)


def test_of_too_many_lines_only_the_first_figure_is_drawn_and_of_still_more_none() -> None:
    some = drawn(HISTORY, history(5))
    assert isinstance(some, Lines)
    assert {each.key for each in some.series} == {"value"}
    assert drawn(HISTORY, history(7)) is None


@pytest.mark.parametrize(
    ("chart", "rows"),
    [
        (NETS, []),
        (NETS, bars("5")),
        (NETS, bars("0", "0")),
        (NETS, bars(*["1"] * 41)),
        (COUNTS, [{"who": "a", "sent": -1, "received": 2}, {"who": "b", "sent": 1, "received": 1}]),
        (HISTORY, []),
        (HISTORY, history(1, moments=1)),
        (HISTORY, [{"who": "a", "at": None, "value": Decimal(1), "cap": None}]),
    ],
)
def test_what_a_picture_would_not_tell_better_is_not_drawn(chart: Chart, rows: list[Row]) -> None:
    assert drawn(chart, rows) is None


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("chart: {kind: bars, over: nobody, show: net}", "chart: over: there is no column nobody"),
        ("chart: {kind: bars, over: participant, show: currency}", "chart: show: the column currency holds no figures"),
        (
            "chart: {kind: stacked, over: participant, show: [net, sent_count]}",
            "chart: show: its columns are not of one currency",
        ),
        ("chart: {kind: bars, over: participant, show: [net, sent]}", "chart: show: bars show one column"),
        (
            "chart: {kind: line, over: participant, show: net}",
            "chart: over: a line goes over one column, of type date-time",
        ),
        ("chart: {kind: bars, over: participant, show: net, by: currency}", "chart: by: only lines are told apart"),
        ("chart: {kind: pie, over: participant, show: net}", "'pie' is not one of"),
        ("chart: {kind: bars, over: participant}", "'show' is a required property"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused_with_its_line(declared: str, reason: str) -> None:
    assert DECLARED in SOURCE
    with pytest.raises(BadReport) as told:
        read_text("mine.yaml", SOURCE.replace(DECLARED, declared), sql_names.hub())
    assert str(told.value).startswith(f"mine.yaml:{SOURCE[: SOURCE.index(DECLARED)].count(chr(10)) + 1}: ")
    assert reason in str(told.value)


def test_facts_have_no_chart() -> None:
    with pytest.raises(BadReport, match="facts have none"):
        read_text("mine.yaml", SOURCE.replace("section: facts", "section: facts\n      " + DECLARED), sql_names.hub())
