"""A page reads its own rows alone, and still says how many there are and what they add up to, to the last digit."""

import html
import re
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from bff import Identity
from microfrontends.reports import paging
from microfrontends.reports.catalogue import load
from microfrontends.reports.domain.look import Look
from microfrontends.reports.domain.results import Table
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.run import Run
from microfrontends.reports.source.line import Overdue
from microfrontends.reports.tests import hub
from microfrontends.reports.tests.conftest import Own

PAGE = "/catalogue/settlement-window?settlementWindowId=1"
STAFF = Identity("u-1", "Olivia", "olivia", frozenset(), True, frozenset(), (), "token", "sid")
FIRST, SECOND = "1\N{EN DASH}100 of 102", "101\N{EN DASH}102 of 102"
SMALL = 97  # participants more: 102 rows, two pages


@pytest.fixture
def large(own: Own) -> Own:
    """More rows than a page holds."""
    hub.crowd(own.url, SMALL)
    return own


def run_of(url: str, name: str = "settlement-window") -> Run:
    return Run(load()[name], STAFF, HubDatabase(url, 20))


def table(run: Run, look: Look) -> Table:
    return run.shown(run.asked({"settlementWindowId": "1"}), lambda _query: look).tables[0][1]


def names(page: str) -> list[str]:
    """What the first column of the result's last table says."""
    return re.findall(r'<th scope=row class="k-text">([^<]+)</th>', page)


def test_a_page_holds_a_hundred_rows_and_leads_to_the_next(large: Own) -> None:
    page = large.operator.get(PAGE).text
    assert FIRST in page
    assert "page.participants=2" in page
    second = large.operator.get(f"{PAGE}&page.participants=2").text
    assert SECOND in second
    assert len([name for name in names(second) if name not in ("USD", "XOF", "Total")]) == 2


@pytest.mark.parametrize("sort", ["", "sent", "-sent", "currency"])
def test_the_pages_together_are_every_row_once(large: Own, sort: str) -> None:
    run = run_of(large.url)
    whole = table(run, Look(sort=sort, size=1000))
    pages = [table(run, Look(page=number, sort=sort, size=25)) for number in range(1, 6)]
    assert [row for each in pages for row in each.shown] == whole.shown
    assert {(each.count, each.counted) for each in pages} == {(102, True)}
    assert all(each.totals == whole.totals for each in pages)


def test_totals_over_pages_are_exact(own: Own) -> None:
    odd = [("payerfsp", "payeefsp", "0.1", "USD", hub.COMMITTED)] * 30
    hub.fill(own.url, [*odd, ("payerfsp", "payeefsp", "88888888888.8888", "USD", hub.COMMITTED)])
    found = table(run_of(own.url), Look(size=2))
    assert (found.count, len(found.shown)) == (4, 2)
    assert found.totals["USD"]["sent"] == Decimal("88888889022.2388")
    assert found.totals["USD"]["net"] == 0


def test_the_totals_of_all_rows_stand_on_each_page_by_currency(large: Own) -> None:
    for page in (PAGE, f"{PAGE}&page.participants=2"):
        shown = large.operator.get(page).text
        assert "Totals of all 102 rows" in shown
        assert re.findall(r'<span class="money">([\d.,]+)</span>', shown.split("</table>")[0])[:1] == ["227.35"]


def test_a_column_sorts_and_the_address_says_so(large: Own) -> None:
    page = large.operator.get(f"{PAGE}&sort.participants=-received").text
    assert 'aria-sort="descending"' in page
    rows = [name for name in names(page) if name not in ("USD", "XOF", "Total")]
    assert rows[0] == "payeefsp" or rows[0] == "testfsp1"
    assert "sort.participants=-received" in re.findall(r'href="([^"]*page\.participants=2[^"]*)"', page)[0]


def test_rows_are_found_by_a_text_and_totals_are_of_those(large: Own) -> None:
    page = large.operator.get(f"{PAGE}&find.participants=payer").text
    assert {name for name in names(page) if name not in ("Total", "USD", "XOF")} == {"payerfsp"}
    assert "dfsp3" not in page.split("</form>")[-1]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_holds_the_rows_that_are_searched_for_and_says_so(large: Own, form: str) -> None:
    address = f"{PAGE}&find.participants=payer"
    page = large.operator.get(address).text
    (export,) = (each for each in re.findall(r'href="/reports([^"]+)"', page) if f"rows.{form}" in each)
    assert "Files hold only the rows with" in page
    said = large.operator.get(html.unescape(export)).text
    whole = large.operator.get(f"/catalogue/settlement-window/rows.{form}?settlementWindowId=1").text
    assert "payerfsp" in said
    assert "dfsp3" in whole
    assert "dfsp3" not in said
    assert "find.participants" in said
    assert "find.participants" not in whole


def test_the_history_keeps_what_a_file_was_searched_for_and_leads_back_to_it(large: Own) -> None:
    large.operator.get("/catalogue/settlement-window/rows.csv?settlementWindowId=1&find.participants=payer").get_data()
    (run,) = re.findall(r'href="/reports(/runs/[0-9a-f-]{36})"', large.operator.get("/runs").text)
    told = large.operator.get(run).text
    assert "Find in the rows: payer" in told
    assert "find.participants=payer" in told


@pytest.mark.parametrize("text", ["%", "_", "!", "100%'; DROP TABLE x", "\\"])
def test_a_text_to_find_is_taken_as_it_is(large: Own, text: str) -> None:
    answer = large.operator.get(
        "/catalogue/settlement-window", query_string={"settlementWindowId": 1, "find.participants": text}
    )
    assert answer.status_code == 200
    assert "No row holds" in answer.text
    assert "Show all rows" in answer.text


def test_a_page_beyond_the_last_leads_back(large: Own) -> None:
    page = large.operator.get(f"{PAGE}&page.participants=9").text
    assert "There is no such page" in page
    assert "There are 102 rows" in page


@pytest.mark.parametrize(
    "more",
    [
        "page.participants=x",
        "page.participants=-1",
        "page.participants=0",
        "sort.participants=nothing",
        "sort.nothing=1",
    ],
)
def test_what_makes_no_sense_in_an_address_is_the_first_page(large: Own, more: str) -> None:
    assert FIRST in large.operator.get(f"{PAGE}&{more}").text


class Slow:
    """A snapshot whose sums take too long."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def rows(self, statement: object, bound: object) -> object:
        """As a snapshot has it, but for sums."""
        if type(statement).__name__ == "Sums":
            raise Overdue
        return self._inner.rows(statement, bound)  # type: ignore[attr-defined]


def test_sums_that_take_too_long_are_left_out_and_the_rows_are_not(large: Own) -> None:
    entry = load()["settlement-window"]
    query = entry.report.tables[0]
    bound: dict[str, object] = {
        "settlementWindowId": 1,
        "participant": None,
        "currency": None,
        "all_participants": 1,
        "participants": [],
    }
    with HubDatabase(large.url, 5).snapshot() as snapshot:
        wanted = [paging.Wanted(query, entry.statements[query.name], Look(size=10))]
        ((_query, found),) = paging.read(Slow(snapshot), wanted, bound, 5)  # type: ignore[arg-type]
    assert (len(found.shown), found.count, found.counted, found.totals) == (10, 11, False, {})


def test_a_participants_people_page_through_their_own_rows_only(ravi: FlaskClient) -> None:
    for more in ("page.participants=2", "sort.participants=-sent", "find.participants=payee", "find.participants=fsp"):
        answer = ravi.get(f"{PAGE}&{more}")
        assert answer.status_code == 200
        # What was typed stands in its field; no row of theirs does.
        assert "payeefsp" not in answer.text
        assert "testfsp1" not in answer.text
