"""What a real hub's recorded answers about accounts and caps become, and what is sent to move funds."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff import HubRefused, HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.ledger import Cap, LedgerAccount
from microfrontends.settlement.domain.settlements import SettlementModel
from microfrontends.settlement.hub import AccountRef, FundsOrder, MojaloopHub, ParticipantRef
from microfrontends.settlement.tests.recorded import answer, exchange

TRANSFER = "01M81223PK9EK84WP5D7KE27EJ"


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "maker@hub.example"))):
        yield


@pytest.fixture
def hub(httpserver: HTTPServer) -> Iterator[MojaloopHub]:
    """A hub over a database that answers nothing."""
    yield MojaloopHub(httpserver.url_for("/v2"), httpserver.url_for(""), "sqlite://")
    httpserver.check_assertions()


@pytest.fixture
def seen(httpserver: HTTPServer) -> list[tuple[str, str, Any]]:
    """What is asked for by a change, each answered without a body."""
    asked: list[tuple[str, str, Any]] = []

    def take(request: Request) -> Response:
        asked.append((request.method, request.path, request.get_json()))
        return Response(status=202)

    httpserver.expect_request(re.compile("/participants/.*"), method="POST").respond_with_handler(take)
    httpserver.expect_request(re.compile("/participants/.*"), method="PUT").respond_with_handler(take)
    return asked


def order(**other: Any) -> FundsOrder:
    """The funds out of the recorded finalisation."""
    facts: dict[str, Any] = {
        "participant": "alphabank",
        "account_id": 6,
        "amount": Decimal("710.2600"),
        "currency": "USD",
        "transfer_id": TRANSFER,
        "reference": "settlement 1",
        "reason": "Settlement finalisation",
    }
    return FundsOrder(**facts | other)


def test_participants_are_read_past_quoted_dates_and_missing_ones(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/participants").respond_with_data(answer("day", "GET /participants"))
    own, payee, payer = hub.participants()
    assert (own.name, payee.name) == ("Hub", "payeefsp")
    held = (AccountRef(3, "POSITION", "USD", True), AccountRef(4, "SETTLEMENT", "USD", True))
    assert payer == ParticipantRef("payerfsp", True, held)


def test_accounts_are_told_as_numbers_and_kept_exact(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    told = answer("day", "GET /participants/payerfsp/accounts", 4)
    httpserver.expect_request("/participants/payerfsp/accounts").respond_with_data(told)
    assert hub.accounts("payerfsp") == (
        LedgerAccount("payerfsp", 3, "POSITION", "USD", True, Decimal("120.2500"), Decimal("0.0000")),
        LedgerAccount("payerfsp", 4, "SETTLEMENT", "USD", True, Decimal("-5000.0000"), Decimal("0.0000")),
    )


def test_a_participant_that_was_not_started_has_no_accounts_yet(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/participants/payerfsp/accounts").respond_with_data("[]")
    assert hub.accounts("payerfsp") == ()


def test_an_unknown_participant_is_refused_in_the_hubs_words(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    said = {
        "errorInformation": {"errorCode": "3200", "errorDescription": "Generic ID not found - participant not found"}
    }
    httpserver.expect_request("/participants/nosuch/accounts").respond_with_json(said, 400)
    with pytest.raises(HubRefused, match="3200"):
        hub.accounts("nosuch")


def test_without_the_database_everyones_accounts_are_asked_for_one_by_one(
    hub: MojaloopHub, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/participants").respond_with_data(answer("day", "GET /participants"))
    for name in ("Hub", "payerfsp", "payeefsp"):
        told = answer("day", f"GET /participants/{name}/accounts", 2)
        httpserver.expect_request(f"/participants/{name}/accounts").respond_with_data(told)
    assert [(each.participant, each.account_id) for each in hub.ledger()] == [
        *(("Hub", 1), ("Hub", 2), ("payeefsp", 5), ("payeefsp", 6), ("payerfsp", 3), ("payerfsp", 4)),
    ]


def test_caps_come_with_their_alarm(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    told = answer("day", "GET /participants/limits?currency=USD&type=NET_DEBIT_CAP")
    httpserver.expect_request("/participants/limits").respond_with_data(told)
    assert hub.caps()[0] == Cap("payerfsp", "USD", Decimal("1000.0000"), Decimal("10.0000"))


def test_gross_and_immediate_models_settle_no_windows(hub: MojaloopHub, httpserver: HTTPServer) -> None:
    (recorded,) = exchange("day", "GET /settlementModels")["answer"]
    gross = {**recorded, "name": "RTGS", "settlementGranularity": "GROSS", "settlementDelay": "IMMEDIATE"}
    rest = {**recorded, "name": "OTHERS", "currency": None, "isActive": False, "autoPositionReset": False}
    httpserver.expect_request("/settlementModels").respond_with_json([recorded, gross, rest])
    assert hub.settlement_models() == (
        SettlementModel("DEFERREDNET", "USD", True, True, True, "POSITION"),
        SettlementModel("OTHERS", None, False, False, True, "POSITION"),
    )


@pytest.mark.parametrize("body", ["{}", "null", "[1]", '[{"id": 3}]'])
@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/participants", lambda hub: hub.participants()),
        ("/participants/payerfsp/accounts", lambda hub: hub.accounts("payerfsp")),
        ("/participants/limits", lambda hub: hub.caps()),
        ("/settlementModels", lambda hub: hub.settlement_models()),
    ],
)
def test_an_answer_of_another_shape_is_no_answer(
    hub: MojaloopHub, httpserver: HTTPServer, path: str, ask: Callable[[MojaloopHub], object], body: str
) -> None:
    httpserver.expect_request(path).respond_with_data(body)
    with pytest.raises(HubUnavailable):
        ask(hub)


def test_funds_are_ordered_as_the_recorded_finalisation_orders_them(
    hub: MojaloopHub, seen: list[tuple[str, str, Any]]
) -> None:
    hub.funds_out_reserve(order())
    hub.funds_out_commit("alphabank", 6, TRANSFER, "Settlement finalisation")
    reserve, commit = "/participants/alphabank/accounts/6", f"/participants/alphabank/accounts/6/transfers/{TRANSFER}"
    assert seen == [
        ("POST", reserve, exchange("golden", f"POST {reserve}", 2)["send"]),
        ("PUT", commit, exchange("golden", f"PUT {commit}")["send"]),
    ]


def test_funds_in_and_the_way_back_say_so(hub: MojaloopHub, seen: list[tuple[str, str, Any]]) -> None:
    hub.funds_in(order())
    hub.funds_out_abort("alphabank", 6, TRANSFER, "not paid")
    assert [body["action"] for _, _, body in seen] == ["recordFundsIn", "recordFundsOutAbort"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("5000", "5000"),
        ("5E+3", "5000"),
        ("120.2500", "120.25"),
        ("0.0001", "0.0001"),
        ("10000000000.9999", "10000000000.9999"),
    ],
)
def test_amounts_are_written_as_the_scheme_writes_them(
    hub: MojaloopHub, seen: list[tuple[str, str, Any]], amount: str, said: str
) -> None:
    hub.funds_in(order(amount=Decimal(amount)))
    assert seen[0][2]["amount"] == {"amount": said, "currency": "USD"}


def test_what_an_extension_cannot_hold_is_cut(hub: MojaloopHub, seen: list[tuple[str, str, Any]]) -> None:
    hub.funds_in(order(reference="r" * 200))
    extensions = {each["key"]: each["value"] for each in seen[0][2]["extensionList"]["extension"]}
    assert extensions == {"user": "maker@hub.example", "externalReference": "r" * 128}
    assert seen[0][2]["externalReference"] == "r" * 200


@pytest.mark.parametrize(("value", "said"), [("7500", 7500), ("7500.5000", 7500.5), ("0", 0)])
def test_a_cap_is_sent_as_numbers_with_its_alarm(
    hub: MojaloopHub, seen: list[tuple[str, str, Any]], value: str, said: float
) -> None:
    hub.set_cap(Cap("alphabank", "USD", Decimal(value), Decimal("20.0000")))
    limit = {"type": "NET_DEBIT_CAP", "value": said, "alarmPercentage": 20}
    assert seen == [("PUT", "/participants/alphabank/limits", {"currency": "USD", "limit": limit})]


def test_a_name_is_a_part_of_a_path_whatever_it_holds(hub: MojaloopHub, seen: list[tuple[str, str, Any]]) -> None:
    hub.set_account_active("a/../b", 5, False)
    assert seen == [("PUT", "/participants/a/../b/accounts/5", {"isActive": False})]
