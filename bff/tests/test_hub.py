"""Towards the hub: exact numbers, reads tried again, writes sent once, its own words, and whose request it was."""

from decimal import Decimal

import pytest
import structlog
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff.errors import HubRefused, HubUnavailable, OutsideAction
from bff.hub import HubClient
from bff.run import Person, Run, running

TRACE = "0af7651916cd43dd8448eb211c80319c"
RUN = Run("00000000-0000-0000-0000-000000000007", Person("u-olivia", "Olivia Okello", "olivia"))


@pytest.fixture
def hub(httpserver: HTTPServer) -> HubClient:
    return HubClient(httpserver.url_for(""), deadline_s=0.5)


def test_a_decimal_arrives_exactly(httpserver: HTTPServer, hub: HubClient) -> None:
    httpserver.expect_request("/a").respond_with_data('{"value": 120.2500}', content_type="application/json")
    assert hub.get("/a")["value"] == Decimal("120.2500")


def test_a_refusal_keeps_the_hubs_code_and_words(httpserver: HTTPServer, hub: HubClient) -> None:
    said = {"errorInformation": {"errorCode": "3100", "errorDescription": "Gate 1 does not exist"}}
    httpserver.expect_request("/a").respond_with_json(said, status=400)
    with pytest.raises(HubRefused) as refusal:
        hub.get("/a")
    assert (refusal.value.code, refusal.value.description, refusal.value.status) == (
        "3100",
        "Gate 1 does not exist",
        400,
    )


@pytest.mark.parametrize("body", ["<h1>Bad gateway</h1>", '{"message": "upstream"}'])
def test_an_answer_that_is_not_the_hubs_language_is_no_answer(
    httpserver: HTTPServer, hub: HubClient, body: str
) -> None:
    httpserver.expect_request("/a").respond_with_data(body, status=502)
    with pytest.raises(HubUnavailable):
        hub.get("/a")


def test_a_read_that_failed_is_tried_again(httpserver: HTTPServer, hub: HubClient) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("<h1>Bad gateway</h1>", status=502)
    httpserver.expect_ordered_request("/a").respond_with_json([1])
    assert hub.get("/a") == [1]


def test_a_write_is_sent_once_and_its_fate_is_said_to_be_unknown(httpserver: HTTPServer, hub: HubClient) -> None:
    httpserver.expect_request("/a", method="POST").respond_with_data("<h1>Bad gateway</h1>", status=502)
    with pytest.raises(HubUnavailable) as problem, running(RUN):
        hub.write("POST", "/a", {"reason": "clôture"})
    assert problem.value.sent
    assert len(httpserver.log) == 1


def test_a_write_that_could_not_leave_is_known_not_to_have_arrived() -> None:
    with pytest.raises(HubUnavailable) as problem, running(RUN):
        HubClient("http://127.0.0.1:9", deadline_s=0.5).write("POST", "/a", {})
    assert not problem.value.sent


def test_the_acting_user_the_trace_and_every_byte_of_a_french_reason_arrive(
    httpserver: HTTPServer, hub: HubClient
) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(request.get_data(), content_type="application/json")

    httpserver.expect_request("/a").respond_with_handler(answer)
    with structlog.contextvars.bound_contextvars(trace_id=TRACE), running(RUN) as run:
        assert hub.write("POST", "/a", {"reason": "clôture"}) == {"reason": "clôture"}
    assert run.done == ["POST /a"]
    assert seen[0].headers["X-User"] == "olivia"
    assert seen[0].headers["traceparent"].split("-")[1] == TRACE


def test_nothing_is_written_outside_an_action(httpserver: HTTPServer, hub: HubClient) -> None:
    with pytest.raises(OutsideAction):
        hub.write("POST", "/a", {})
    assert httpserver.log == []
