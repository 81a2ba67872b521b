"""Windows and settlements are found by their number, and by nobody who may not see them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import links, words


@pytest.mark.parametrize("asked", ["4", "window 4", "settlement WINDOW #4", "4 open"])
def test_a_window_is_found_by_its_number_and_what_it_is_called(reader: FlaskClient, hub: FakeHub, asked: str) -> None:
    hub.has(4, WindowState.OPEN)
    page = reader.get("/slots/search/windows", query_string={"q": asked}).text
    assert links(page) == ["/settlement/windows/4"]
    assert words(page) == "Settlement window 4 Open"


@pytest.mark.parametrize("asked", ["", "5", "40", "report 4", "4 4", "4 closed"])
def test_what_means_no_window_finds_none(reader: FlaskClient, hub: FakeHub, asked: str) -> None:
    hub.has(4, WindowState.OPEN)
    answer = reader.get("/slots/search/windows", query_string={"q": asked})
    assert (answer.status_code, answer.data) == (200, b"")


def test_the_open_window_is_found_without_its_number(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(3, WindowState.CLOSED)
    hub.has(4, WindowState.OPEN)
    assert links(reader.get("/slots/search/windows?q=open+window").text) == ["/settlement/windows/4"]


def test_words_about_nothing_of_settlement_do_not_trouble_the_hub(reader: FlaskClient, hub: FakeHub) -> None:
    reader.get("/slots/search/windows?q=clara")
    assert hub.calls == []


def test_a_settlement_is_found_by_its_number(app: Flask, hub: FakeHub) -> None:
    assert user_with(app, P.VIEW_SETTLEMENTS).get("/slots/search/settlements?q=12").data == b""
    assert hub.calls == ["settlement"]


def test_whoever_is_bound_to_participants_finds_nothing_and_the_hub_is_not_asked(app: Flask, hub: FakeHub) -> None:
    hub.has(4, WindowState.OPEN)
    ravi = user_with(app, P.VIEW_WINDOWS, P.VIEW_SETTLEMENTS, hub=False, participants=["payerfsp"])
    for what in ("windows", "settlements"):
        answer = ravi.get(f"/slots/search/{what}?q=4")
        assert (answer.status_code, answer.data, hub.calls) == (200, b"", [])


def test_participants_are_found_by_a_piece_of_their_name_and_only_those_in_view(app: Flask, hub: FakeHub) -> None:
    def found(words: str, **claims: object) -> list[str]:
        return links(user_with(app, P.VIEW_PARTICIPANTS, **claims).get(f"/slots/search/participants?q={words}").text)

    hub.has(4, WindowState.OPEN)
    hub.transfer(4, "7")
    own: dict[str, object] = {"hub": False, "participants": ["payerfsp"]}
    assert found("FSP") == ["/settlement/participants/payeefsp", "/settlement/participants/payerfsp"]
    assert found("FSP", **own) == ["/settlement/participants/payerfsp"]
    assert (found("payeefsp", **own), found("hub"), found("pa")) == ([], [], [])


def test_what_was_found_is_kept_nowhere(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(4, WindowState.OPEN)
    assert reader.get("/slots/search/windows?q=4").headers["Cache-Control"] == "no-store"
