"""What a real hub's recorded answers about settlements become: wrong dates, names as numbers, refusals in a success."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff import HubRefused, HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub import AccountAnswer, MojaloopHub
from microfrontends.settlement.hub.told import money
from microfrontends.settlement.tests.recorded import answer, exchange

DAY = Period(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC))
PENDING, RECORDED, SETTLED = (
    SettlementState.PENDING_SETTLEMENT,
    SettlementState.PS_TRANSFERS_RECORDED,
    SettlementState.SETTLED,
)
ONE, LIST = "GET /v2/settlements/1", "/v2/settlements"
PAYER = SettlementAccount(2, "payerfsp", 3, "USD", Decimal("120.2500"), PENDING, "settle w1")
PAYEE = SettlementAccount(3, "payeefsp", 5, "USD", Decimal("-120.2500"), PENDING, "settle w1")


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture
def hub(httpserver: HTTPServer) -> Iterator[MojaloopHub]:
    """A hub that knows its participants, over a database that answers nothing."""
    httpserver.expect_request("/participants").respond_with_data(answer("day", "GET /participants"))
    yield MojaloopHub(httpserver.url_for("/v2"), httpserver.url_for(""), "sqlite://")
    httpserver.check_assertions()


def asked(httpserver: HTTPServer, path: str) -> int:
    """How often a path was asked for."""
    return sum(request.path == path for request, _ in httpserver.log)


def refuse(httpserver: HTTPServer, path: str, code: str, words: str, status: int = 400) -> None:
    said = {"errorInformation": {"errorCode": code, "errorDescription": words}}
    httpserver.expect_request(path).respond_with_json(said, status)


def test_a_settlement_tells_its_own_dates_and_whose_its_accounts_are(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 2))
    at = datetime(2026, 11, 22, 6, 28, 43, tzinfo=UTC)
    assert hub.settlement(1) == Settlement(1, None, PENDING, "settle w1", at, at, (1,), (PAYER, PAYEE))


def test_the_list_tells_the_windows_dates_so_each_settlement_is_asked_for(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    listed = answer("day", "GET /v2/settlements?currency=USD&state=PENDING_SETTLEMENT")
    dates = {"fromDateTime": "2026-11-22T00:00:00.000Z", "toDateTime": "2026-11-22T23:59:59.000Z"}
    httpserver.expect_request(LIST, query_string={**dates, "state": PENDING.value}).respond_with_data(listed)
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 2))
    (found,) = hub.settlements(DAY, PENDING)
    assert '"createdDate": "2026-11-22T06:28:11.000Z"' in listed
    assert found.created == datetime(2026, 11, 22, 6, 28, 43, tzinfo=UTC)


def test_a_settlement_that_went_on_meanwhile_is_not_in_the_list_of_its_former_state(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    listed = answer("day", "GET /v2/settlements?currency=USD&state=PENDING_SETTLEMENT")
    httpserver.expect_request(LIST).respond_with_data(listed)
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 3))
    assert hub.settlements(DAY, PENDING) == ()


def test_what_is_over_is_asked_for_once_by_the_list_and_again_by_its_number(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(LIST).respond_with_data(answer("day", "GET /v2/settlements?state=SETTLED"))
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 3))
    first, second = hub.settlements(DAY), hub.settlements(DAY, SETTLED)
    assert first == second
    assert first[0].state is SETTLED
    assert asked(httpserver, "/v2/settlements/1") == 1
    assert (hub.settlement(1),) == first
    assert asked(httpserver, "/v2/settlements/1") == 2
    assert asked(httpserver, "/participants") == 1


@pytest.mark.parametrize(
    "words",
    [
        'No settlements found matching the provided parameters: {"fromDateTime":"2026-11-22T00:00:00.000Z"}'[:97],
        "Settlements not found",
    ],
)
def test_no_settlements_are_an_error_to_the_hub_in_two_wordings_and_an_empty_list_to_us(
    hub: MojaloopHub, httpserver: HTTPServer, words: str
) -> None:
    refuse(httpserver, LIST, "3100", f"Generic validation error - {words}")
    assert hub.settlements(DAY) == ()


def test_any_other_refusal_of_the_list_is_passed_on(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    refuse(httpserver, LIST, "3101", 'Malformed syntax - "state" must be one of [PENDING_SETTLEMENT]')
    with pytest.raises(HubRefused, match="3101"):
        hub.settlements(DAY)


def test_an_unknown_settlement_is_none_and_any_other_refusal_is_not(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 1), 400)
    assert hub.settlement(1) is None
    refuse(httpserver, "/v2/settlements/2", "3100", "Generic validation error - 'id' URI path parameter")
    with pytest.raises(HubRefused):
        hub.settlement(2)


def test_every_account_of_a_200_may_be_refused_each_for_its_own_reason(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", "PUT /v2/settlements/1", 1))
    stranger = SettlementAccount(77, "nobody", 777, "USD", Decimal(0), PENDING)
    elsewhere = SettlementAccount(3, "payeefsp", 3, "USD", Decimal(0), PENDING)
    answers = hub.advance(1, [PAYER, stranger, elsewhere], SETTLED, "jump")
    told = [(each.account_id, each.state, each.refusal and each.refusal.description) for each in answers]
    assert told == [
        (3, PENDING, "Generic client error - State change not allowed"),
        (777, None, "Generic client error - Account not found"),
        (3, None, "Generic client error - Participant and account mismatch"),
    ]
    assert all(each.refusal is not None and each.refusal.status == 200 for each in answers)


def test_what_is_asked_names_each_account_under_its_participant_and_who_asks(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    seen: list[tuple[Any, str | None]] = []
    recorded = exchange("golden", "PUT /v2/settlements/1")

    def put(request: Request) -> Response:
        seen.append((request.get_json(), request.headers.get("X-User")))
        return Response(json.dumps(recorded["answer"]), content_type="application/json")

    httpserver.expect_request("/v2/settlements/1", method="PUT").respond_with_handler(put)
    everyone = [
        SettlementAccount(person["id"], "", account["id"], "USD", Decimal(0), PENDING)
        for person in recorded["send"]["participants"]
        for account in person["accounts"]
    ]
    answers = hub.advance(1, everyone, RECORDED, "DEFERREDNETUSD ps_transfers_recorded")
    assert answers == tuple(AccountAnswer(each.account_id, RECORDED) for each in everyone)
    assert seen == [(recorded["send"], "olivia")]


def test_a_reference_goes_along_and_one_that_is_too_long_is_never_sent(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    seen: list[Any] = []

    def put(request: Request) -> Response:
        seen.append(request.get_json())
        return Response(answer("day", "PUT /v2/settlements/1/participants/3"), content_type="application/json")

    httpserver.expect_request("/v2/settlements/1", method="PUT").respond_with_handler(put)
    assert hub.advance(1, [PAYEE], RECORDED, "rec payee", "bank-2") == (AccountAnswer(5, RECORDED),)
    assert seen[0]["participants"][0]["accounts"][0]["externalReference"] == "bank-2"
    with pytest.raises(ValueError, match="50 characters"):
        hub.advance(1, [PAYEE], RECORDED, "why", "b" * 51)
    assert len(seen) == 1


def test_an_answer_that_leaves_an_account_out_says_nothing(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    one_of_two = answer("day", "PUT /v2/settlements/1/participants/3")
    httpserver.expect_request("/v2/settlements/1", method="PUT").respond_with_data(one_of_two)
    with pytest.raises(HubUnavailable, match=r"what became of the accounts \[3\]") as caught:
        hub.advance(1, [PAYER, PAYEE], RECORDED, "why")
    assert caught.value.sent


def test_a_new_settlement_is_told_with_its_model(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    recorded = exchange("day", "POST /v2/settlements", 4)
    httpserver.expect_request(LIST, method="POST", json=recorded["send"]).respond_with_json(recorded["answer"])
    made = hub.create_settlement("DEFERREDNET", [1], "settle w1")
    assert (made.id, made.model, made.accounts) == (1, "DEFERREDNET", (PAYER, PAYEE))
    httpserver.expect_request("/v2/settlements/1").respond_with_data(answer("day", ONE, 2))
    assert hub.settlement(1) == made


def test_a_new_settlement_whose_names_cannot_be_read_may_well_be_there(httpserver: HTTPServer) -> None:
    hub = MojaloopHub(httpserver.url_for("/v2"), httpserver.url_for(""), "sqlite://")
    httpserver.expect_request(LIST).respond_with_data(answer("day", "POST /v2/settlements", 4))
    httpserver.expect_request("/participants").respond_with_data("Bad gateway", 502)
    with pytest.raises(HubUnavailable) as caught:
        hub.create_settlement("DEFERREDNET", [1], "settle w1")
    assert caught.value.sent


def test_an_abort_is_refused_by_released_hubs_with_their_own_failure(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    never = "updateSettlementById method did not return a value, a promise, or throw an error"
    said = {"errorInformation": {"errorCode": "2001", "errorDescription": f"Internal server error - {never}"}}
    httpserver.expect_request(
        "/v2/settlements/1", method="PUT", json={"state": "ABORTED", "reason": "by mistake"}
    ).respond_with_json(said, 500)
    with pytest.raises(HubRefused, match=never) as caught:
        hub.abort(1, "by mistake")
    assert caught.value.status == 500


def test_an_abort_that_a_mended_hub_grants_says_nothing_to_rely_on(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    granted = answer("abort", "PUT /v2/settlements/1")
    httpserver.expect_request("/v2/settlements/1", method="PUT").respond_with_data(granted)
    hub.abort(1, "operator abort")


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "[]"), (200, "null"), (200, '{"id": 1}'), (200, "<html>"), (502, "Bad gateway"), (500, "")],
)
def test_a_change_answered_with_nonsense_was_sent_once_and_may_have_happened(
    hub: MojaloopHub, httpserver: HTTPServer, status: int, body: str
) -> None:
    httpserver.expect_request("/v2/settlements/1").respond_with_data(body, status)
    httpserver.expect_request(LIST).respond_with_data(body, status)
    for change in (
        lambda: hub.advance(1, [PAYER], RECORDED, "why"),
        lambda: hub.create_settlement("DEFERREDNET", [1], "why"),
    ):
        with pytest.raises(HubUnavailable) as caught:
            change()
        assert caught.value.sent
    assert (asked(httpserver, "/v2/settlements/1"), asked(httpserver, LIST)) == (1, 1)


@pytest.mark.parametrize("body", ["{}", "null", "[1]", '{"id": 1, "state": "ASLEEP"}'])
def test_a_settlement_that_is_none_is_no_answer(hub: MojaloopHub, httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/v2/settlements/1").respond_with_data(body)
    with pytest.raises(HubUnavailable):
        hub.settlement(1)


def test_an_account_that_belongs_to_nobody_is_no_answer(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    told = answer("day", ONE, 2).replace('"id": 5,', '"id": 555,')
    httpserver.expect_request("/v2/settlements/1").respond_with_data(told)
    with pytest.raises(HubUnavailable, match="555"):
        hub.settlement(1)


def test_contents_come_from_each_windows_own_address(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v2/settlementWindows/1").respond_with_data(
        answer("golden", "GET /v2/settlementWindows/1", 2)
    )
    httpserver.expect_request("/v2/settlementWindows/99").respond_with_data(
        answer("day", "GET /v2/settlementWindows/99"), 500
    )
    contents = hub.window_contents([1, 99])
    assert [(each.currency, each.state, each.settlement_id) for each in contents] == [
        ("USD", WindowState.SETTLED, 1),
        ("XOF", WindowState.SETTLED, 2),
    ]


@pytest.mark.parametrize("told", [Decimal("120.25"), "120.2500", "120.25"])
def test_an_amount_is_one_amount_as_a_number_and_as_a_text(told: Any) -> None:
    assert str(money(told)) == "120.2500"


@pytest.mark.parametrize("told", [None, True, [], {}, "", "ten", "NaN", "Infinity", 1.5])
def test_what_is_not_an_amount_is_not_taken_for_one(told: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        money(told)
