"""Which participants the hub's ledger names, in its own words."""

import pytest
from pytest_httpserver import HTTPServer

from bff import HubUnavailable
from microfrontends.users.hub import MojaloopHub


def test_participants_come_by_name_without_the_hub_itself(httpserver: HTTPServer) -> None:
    told = [{"name": name, "isActive": active} for name, active in (("testfsp1", 1), ("Hub", 1), ("demomfi", 0))]
    httpserver.expect_request("/participants").respond_with_json(told)
    assert MojaloopHub(httpserver.url_for("")).participants() == ("demomfi", "testfsp1")


def test_an_answer_that_is_no_list_of_participants_is_no_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/participants").respond_with_json({"name": "x"})
    with pytest.raises(HubUnavailable):
        MojaloopHub(httpserver.url_for("")).participants()
