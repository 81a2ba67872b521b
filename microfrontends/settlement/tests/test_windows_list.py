"""Finding windows: dates, states, pages, what is always shown, and what is missing when the hub's database is away."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from bff import HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.tests.fake_hub import LONG_AGO, FakeHub
from microfrontends.settlement.tests.reading import links, rows, value_of, words


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


def numbers(page: str) -> list[int]:
    return [int(row.split()[0]) for row in rows(page)]


def test_today_shows_what_was_opened_today_and_the_open_window_however_old(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN, LONG_AGO)
    hub.has(2, WindowState.CLOSED, LONG_AGO)
    hub.has(3, WindowState.CLOSED)
    assert numbers(operator.get("/windows").text) == [3, 1]


def test_a_window_that_is_being_added_up_is_shown_however_old(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.PROCESSING, LONG_AGO)
    assert numbers(operator.get("/windows").text) == [1]


def test_the_list_asks_the_hub_twice_however_long_it_is(operator: FlaskClient, hub: FakeHub) -> None:
    for number in range(1, 200):
        hub.has(number, WindowState.SETTLED)
    operator.get("/windows")
    assert hub.calls == ["processing", "windows", "open_windows", "closed_at", "currencies"]


def test_a_row_says_state_times_in_the_hubs_zone_and_currencies(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(7, WindowState.SETTLED, datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    page = operator.get("/windows?from=2026-11-22T00:00:00&to=2026-11-22T23:59:59").text
    assert rows(page) == ["7 Settled 22 Nov 2026 09:00 EAT 22 Nov 2026 10:00 EAT USD"]


def test_an_open_window_names_the_currencies_of_its_transfers(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN)
    hub.transfer(1, "5", "XOF")
    hub.transfer(1, "5", "USD")
    assert "USD, XOF" in rows(operator.get("/windows").text)[0]


def test_a_state_filter_leaves_only_that_state_and_hides_the_open_window(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN)
    hub.has(2, WindowState.SETTLED)
    page = operator.get("/windows?state=SETTLED").text
    assert numbers(page) == [2]
    assert "Open 1" in words(page), "the counts are those of all states"
    assert "State: Settled" in words(page)


def test_counts_lead_to_their_state(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN)
    hub.has(2, WindowState.SETTLED)
    assert "/settlement/windows?preset=week&state=SETTLED" in links(operator.get("/windows?preset=week").text)


@pytest.mark.parametrize("state", ["settled", "NONSENSE", "'"])
def test_a_state_that_does_not_exist_is_left_out(operator: FlaskClient, hub: FakeHub, state: str) -> None:
    hub.has(1, WindowState.OPEN)
    assert numbers(operator.get("/windows", query_string={"state": state}).text) == [1]


def test_fifty_windows_make_a_page(operator: FlaskClient, hub: FakeHub) -> None:
    for number in range(1, 121):
        hub.has(number, WindowState.SETTLED)
    first, last = operator.get("/windows").text, operator.get("/windows?page=3").text
    assert numbers(first) == list(range(120, 70, -1))
    assert "1\N{EN DASH}50 of 120" in words(first)
    assert "/settlement/windows?page=2" in links(first)
    assert numbers(last) == list(range(20, 0, -1))
    assert "101\N{EN DASH}120 of 120" in words(last)


@pytest.mark.parametrize("page", ["0", "-3", "x", "99999999999999999999999"])
def test_a_page_that_does_not_exist_is_another(operator: FlaskClient, hub: FakeHub, page: str) -> None:
    hub.has(1, WindowState.OPEN)
    assert numbers(operator.get("/windows", query_string={"page": page}).text) == [1]


def test_nothing_found_is_no_error(operator: FlaskClient) -> None:
    answer = operator.get("/windows")
    assert answer.status_code == 200
    assert "No settlement windows match" in words(answer.text)


def test_a_new_from_later_than_to_counts_for_both_and_leaves_a_clean_address(operator: FlaskClient) -> None:
    form = {"preset": "custom", "was_from": "2026-01-05T00:00:00", "was_to": "2026-01-10T23:59:59"}
    answer = operator.get("/windows", query_string={**form, "from": "2026-01-20T08:00", "to": form["was_to"]})
    assert answer.status_code == 302
    assert answer.location == "/settlement/windows?from=2026-01-20T08:00:00&to=2026-01-20T08:00:00"


def test_a_new_to_earlier_than_from_counts_for_both(operator: FlaskClient) -> None:
    form = {"preset": "custom", "was_from": "2026-01-05T00:00:00", "was_to": "2026-01-10T23:59:59"}
    answer = operator.get("/windows", query_string={**form, "from": form["was_from"], "to": "2026-01-01T00:00"})
    assert answer.location == "/settlement/windows?from=2026-01-01T00:00:00&to=2026-01-01T00:00:00"


def test_a_form_whose_dates_were_left_alone_keeps_its_preset(operator: FlaskClient) -> None:
    page = operator.get("/windows?preset=week").text
    form = {name: value_of(page, name) for name in ("preset", "was_from", "was_to", "from", "to")}
    answer = operator.get("/windows", query_string={**form, "state": "CLOSED"})
    assert answer.location == "/settlement/windows?preset=week&state=CLOSED"


def test_a_form_with_one_date_changed_is_a_range_of_ones_own(operator: FlaskClient) -> None:
    page = operator.get("/windows").text
    form = {name: value_of(page, name) for name in ("preset", "was_from", "was_to", "to")}
    answer = operator.get("/windows", query_string={**form, "from": "2026-01-01T10:00:00"})
    assert re.fullmatch(r"/settlement/windows\?from=2026-01-01T10:00:00&to=.*23:59:59", answer.location)


def test_an_address_with_crossed_dates_shows_one_moment(operator: FlaskClient) -> None:
    page = operator.get("/windows?preset=custom&from=2026-01-10T00:00&to=2026-01-05T00:00").text
    assert value_of(page, "from") == value_of(page, "to") == "2026-01-10T00:00:00"


@pytest.mark.parametrize("text", ["soon", "2026-13-01T00:00", "", "0000-00-00"])
def test_a_date_that_is_none_is_left_out(operator: FlaskClient, text: str) -> None:
    page = operator.get("/windows", query_string={"from": text}).text
    assert value_of(page, "from").endswith("T00:00:00")
    assert value_of(page, "to").endswith("T23:59:59")


def test_the_first_page_of_today_has_no_chips_and_every_filter_one_that_removes_it(operator: FlaskClient) -> None:
    assert "Clear all" not in operator.get("/windows").text
    page = operator.get("/windows?preset=48h&state=OPEN").text
    chips = re.findall(r'<a class="chip" href="([^"]*)"', page)
    assert chips == ["/settlement/windows?state=OPEN", "/settlement/windows?preset=48h"]
    assert "Clear all" in page


def test_only_who_may_close_sees_the_button_and_only_on_the_open_window(
    operator: FlaskClient, reader: FlaskClient, hub: FakeHub
) -> None:
    hub.has(1, WindowState.CLOSED)
    hub.has(2, WindowState.OPEN)
    closing = [link for link in links(operator.get("/windows").text) if link.endswith("/close")]
    assert closing == ["/settlement/windows/2/close"]
    assert not [link for link in links(reader.get("/windows").text) if link.endswith("/close")]


def test_the_list_asks_for_itself_only_while_a_window_is_being_added_up(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN)
    hub.transfer(1, "1")
    assert "every 1s" not in operator.get("/windows").text
    hub.close(1, "")
    busy = operator.get("/windows?preset=week&closed=1").text
    assert 'hx-get="/settlement/windows/rows?preset=week&amp;closed=1" hx-trigger="every 1s"' in busy
    assert rows(busy)[1].startswith("1 Processing")
    hub.finish()
    done = operator.get("/windows/rows?preset=week&closed=1").text
    assert "every 1s" not in done
    assert [row.split()[1] for row in rows(done)] == ["Open", "Closed"]
    assert "Window 1 is closed Window 2 is open now." in words(done)


def test_the_window_just_closed_is_shown_though_it_was_opened_long_ago(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.CLOSED, LONG_AGO)
    hub.has(2, WindowState.OPEN)
    assert numbers(operator.get("/windows?closed=1").text) == [2, 1]


@pytest.mark.parametrize("followed", ["99", "x", "-1", "1 or 1=1"])
def test_an_address_cannot_claim_that_a_window_was_closed(operator: FlaskClient, hub: FakeHub, followed: str) -> None:
    hub.has(1, WindowState.OPEN)
    page = operator.get("/windows", query_string={"closed": followed}).text
    assert "is closed" not in words(page)


def test_a_window_that_is_still_open_is_said_to_be_so(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.OPEN)
    assert "Window 1 is still open" in words(operator.get("/windows?closed=1").text)


def test_a_window_that_is_added_up_for_more_than_a_minute_is_warned_of(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.PROCESSING, datetime.now(UTC) - timedelta(seconds=61))
    assert "Window 1 has been processing since" in words(operator.get("/windows").text)


def test_one_that_is_added_up_for_less_is_not(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.PROCESSING, datetime.now(UTC) - timedelta(seconds=30))
    assert "has been processing" not in words(operator.get("/windows").text)


@pytest.mark.parametrize("method", ["processing", "closed_at", "currencies"])
def test_without_the_hubs_database_the_list_stands_and_says_what_is_missing(
    operator: FlaskClient, hub: FakeHub, method: str
) -> None:
    hub.has(1, WindowState.OPEN)
    hub.has(2, WindowState.SETTLED)
    hub.fail(method, FiguresUnavailable("OperationalError"))
    page = operator.get("/windows").text
    assert numbers(page) == [2, 1]
    assert "The hub's database does not answer" in words(page)


@pytest.mark.parametrize("method", ["windows", "open_windows"])
def test_without_the_hub_the_page_says_so(operator: FlaskClient, hub: FakeHub, method: str) -> None:
    hub.fail(method, HubUnavailable("timeout"))
    answer = operator.get("/windows")
    assert answer.status_code == 502
    assert "The hub does not answer" in words(answer.text)


def test_a_page_that_waits_keeps_its_rows_when_the_hub_misses_a_beat(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("windows", HubUnavailable("timeout"))
    answer = operator.get("/windows/rows")
    assert (answer.status_code, answer.data) == (204, b"")


def test_the_page_says_as_of_when(operator: FlaskClient) -> None:
    assert re.search(r"as of \d\d:\d\d EAT", words(operator.get("/windows").text))


def test_in_french_the_states_are_french(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.PENDING_SETTLEMENT)
    page = operator.get("/windows", headers={"Portal-Locale": "fr"}).text
    assert rows(page)[0].startswith("1 En attente de règlement")


def test_run_alone_the_first_page_is_the_list(operator: FlaskClient) -> None:
    assert operator.get("/").location == "/settlement/windows"
