"""What the hub's answers, recorded from a real one, become; and what its refusals and silences become."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff import HubRefused, HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import MojaloopHub, Patience, moment

DAY = Period(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC))
OPEN = {
    "settlementWindowId": 2,
    "state": "OPEN",
    "reason": "close window 1",
    "createdDate": "2026-11-22T06:28:42.000Z",
    "changedDate": "2026-11-22T06:28:42.000Z",
    "content": [],
}
CONTENT = {"id": 1, "state": "CLOSED", "ledgerAccountType": "POSITION", "settlementId": None}
CLOSED = {
    **OPEN,
    "settlementWindowId": 1,
    "state": "CLOSED",
    "createdDate": "2026-11-22T06:28:11.000Z",
    "content": [{**CONTENT, "currencyId": currency} for currency in ("XOF", "USD", "USD")],
}


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


def refusal(code: str, words: str) -> str:
    return json.dumps({"errorInformation": {"errorCode": code, "errorDescription": words}})


@pytest.fixture
def settlement(httpserver: HTTPServer) -> Iterator[MojaloopHub]:
    yield MojaloopHub(httpserver.url_for("/v2"), httpserver.url_for(""), "sqlite://")
    httpserver.check_assertions()


def test_a_list_is_asked_for_by_the_dates_of_opening_in_utc(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/v2/settlementWindows",
        query_string={"fromDateTime": "2026-11-22T00:00:00.000Z", "toDateTime": "2026-11-22T23:59:59.000Z"},
    ).respond_with_json([OPEN, CLOSED])
    opened, changed = datetime(2026, 11, 22, 6, 28, 11, tzinfo=UTC), datetime(2026, 11, 22, 6, 28, 42, tzinfo=UTC)
    assert settlement.windows(DAY) == (
        Window(2, WindowState.OPEN, "close window 1", changed, changed),
        Window(1, WindowState.CLOSED, "close window 1", opened, changed, ("USD", "XOF")),
    )


def test_open_windows_are_asked_for_by_their_state(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v2/settlementWindows", query_string={"state": "OPEN"}).respond_with_json([OPEN])
    assert [each.id for each in settlement.open_windows()] == [2]


def test_nothing_found_is_an_error_to_the_hub_and_an_empty_list_to_us(
    settlement: MojaloopHub, httpserver: HTTPServer
) -> None:
    words = "Generic validation error - settlementWindow by filters: {state:OPEN} not found"
    httpserver.expect_request("/v2/settlementWindows").respond_with_data(refusal("3100", words), 400)
    assert settlement.open_windows() == ()


def test_nothing_found_is_recognised_though_the_hub_cuts_its_words(
    settlement: MojaloopHub, httpserver: HTTPServer
) -> None:
    filters = "{fromDateTime:2026-11-22T00:00:00.000Z,toDateTime:2026-11-22T23:59:59.000Z}"
    words = f"Generic validation error - settlementWindow by filters: {filters} not found"
    httpserver.expect_request("/v2/settlementWindows").respond_with_data(refusal("3100", words[:128]), 400)
    assert settlement.windows(DAY) == ()


def test_any_other_refusal_of_a_list_is_passed_on(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    words = 'Malformed syntax - "fromDateTime" must be in ISO 8601 date format'
    httpserver.expect_request("/v2/settlementWindows").respond_with_data(refusal("3101", words), 400)
    with pytest.raises(HubRefused) as caught:
        settlement.windows(DAY)
    assert (caught.value.code, caught.value.description, caught.value.status) == ("3101", words, 400)


def test_an_unknown_window_is_a_500_to_the_hub_and_none_to_us(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    words = "Internal server error - No record for settlementWindowId: 99 found"
    httpserver.expect_request("/v2/settlementWindows/99").respond_with_data(refusal("2001", words), 500)
    assert settlement.window(99) is None


def test_any_other_500_is_not_taken_for_an_unknown_window(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v2/settlementWindows/9").respond_with_data(refusal("2001", "Internal"), 500)
    with pytest.raises(HubRefused, match="2001"):
        settlement.window(9)


def test_closing_says_who_and_why_and_answers_the_next_window(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    seen: list[tuple[Any, str | None]] = []

    def answer(request: Request) -> Response:
        seen.append((request.get_json(), request.headers.get("X-User")))
        fresh = {key: value for key, value in OPEN.items() if key != "content"}
        return Response(json.dumps(fresh), content_type="application/json")

    httpserver.expect_request("/v2/settlementWindows/1", method="POST").respond_with_handler(answer)
    assert settlement.close(1, "Fin de journée (olivia)").id == 2
    assert seen == [({"state": "CLOSED", "reason": "Fin de journée (olivia)"}, "olivia")]


def test_a_refused_close_keeps_the_hubs_code_and_words(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    words = "Generic validation error - Window 1 is empty"
    httpserver.expect_request("/v2/settlementWindows/1").respond_with_data(refusal("3100", words), 400)
    with pytest.raises(HubRefused) as caught:
        settlement.close(1, "why")
    assert (caught.value.code, caught.value.description) == ("3100", words)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "[]"), (200, "null"), (200, '{"settlementWindowId": 2}'), (200, "<html>"), (502, "Bad gateway"), (500, "")],
)
def test_a_close_that_was_answered_with_nonsense_was_sent_once_and_may_have_happened(
    settlement: MojaloopHub, httpserver: HTTPServer, status: int, body: str
) -> None:
    calls = []

    def answer(request: Request) -> Response:
        calls.append(request.path)
        return Response(body, status)

    httpserver.expect_request("/v2/settlementWindows/1").respond_with_handler(answer)
    with pytest.raises(HubUnavailable) as caught:
        settlement.close(1, "why")
    assert caught.value.sent
    assert len(calls) == 1


def test_a_close_whose_connection_breaks_was_sent_and_is_not_repeated(
    settlement: MojaloopHub, httpserver: HTTPServer
) -> None:
    calls = []

    def hang_up(request: Request) -> Response:
        calls.append(request.path)
        return Response("[", headers={"Content-Length": "1000"})

    httpserver.expect_request("/v2/settlementWindows/1").respond_with_handler(hang_up)
    with pytest.raises(HubUnavailable) as caught:
        settlement.close(1, "why")
    assert caught.value.sent
    assert len(calls) == 1


def test_a_close_that_found_nobody_listening_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    hub = MojaloopHub(f"http://127.0.0.1:{port}/v2", f"http://127.0.0.1:{port}", "sqlite://")
    with pytest.raises(HubUnavailable) as caught:
        hub.close(1, "why")
    assert not caught.value.sent


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "null",
        "[1]",
        '[{"settlementWindowId": 1}]',
        json.dumps([{**OPEN, "state": "ASLEEP"}]),
        json.dumps([{**OPEN, "createdDate": "soon"}]),
    ],
)
def test_a_list_that_is_not_one_of_windows_is_no_answer(
    settlement: MojaloopHub, httpserver: HTTPServer, body: str
) -> None:
    httpserver.expect_request("/v2/settlementWindows").respond_with_data(body)
    with pytest.raises(HubUnavailable):
        settlement.windows(DAY)


def test_a_read_is_tried_twice(settlement: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/v2/settlementWindows/2").respond_with_data("Bad gateway", 502)
    httpserver.expect_ordered_request("/v2/settlementWindows/2").respond_with_json(OPEN)
    window = settlement.window(2)
    assert window is not None
    assert window.state is WindowState.OPEN


def test_a_hub_that_does_not_answer_is_given_up_in_time(httpserver: HTTPServer) -> None:
    given_up = threading.Event()

    def late(_request: Request) -> Response:
        assert given_up.wait(60), "it is still waited for"
        return Response("[]")

    hub = MojaloopHub(httpserver.url_for("/v2"), httpserver.url_for(""), "sqlite://", Patience(read=0.2))
    httpserver.expect_request("/v2/settlementWindows").respond_with_handler(late)
    with pytest.raises(HubUnavailable):
        hub.open_windows()
    given_up.set()
    httpserver.check()


@pytest.mark.parametrize(
    "text", ["2026-11-22T06:08:56.610Z", "2026-11-22 06:08:56.610", "2026-11-22T08:08:56.610+02:00"]
)
def test_both_spellings_of_a_moment_are_one_moment_in_utc(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 22, 6, 8, 56, 610_000, tzinfo=UTC)
