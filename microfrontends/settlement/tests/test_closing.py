"""Closing a window: the question, the deed, and every way in which it may go otherwise."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff import HubRefused, HubUnavailable
from bff.change.audit import AuditLog, AuditQuery
from bff.testing import user_with
from microfrontends.settlement.domain.reason import LONGEST_TYPED
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import rows, value_of, words


@pytest.fixture
def audit(app: Flask) -> AuditLog:
    """What the app remembers."""
    log: AuditLog = app.extensions["portal_audit"]
    return log


@pytest.fixture(autouse=True)
def window_41(hub: FakeHub) -> None:
    """An open window that holds something."""
    hub.has(41, WindowState.OPEN)
    hub.transfer(41, "1200.50")
    hub.transfer(41, "30", "XOF")


def form(**more: str) -> dict[str, str]:
    return {"reason": "End of day", "attempt": "form-1", "confirmed": "yes", **more}


def test_the_question_names_the_window_and_shows_what_it_holds(operator: FlaskClient) -> None:
    page = operator.get("/windows/41/close").text
    assert "Close settlement window 41." in words(page)
    assert "Open since" in words(page)
    assert rows(page) == ["State Open Closed", "payeefsp is owed 1,200.50 is owed 30", "payerfsp owes 1,200.50 owes 30"]
    assert "USD 1,200.50 1 transfer XOF 30 1 transfer" in words(page)
    assert "Total 0.00 0" in words(page)
    assert "A closed window cannot be opened again." in words(page)
    assert re.search(r'<form[^>]*method="post"[^>]*action="/settlement/windows/41/close"', page)
    assert re.search(r"<button[^>]*>Close window 41</button>", page)


def test_an_empty_window_is_pointed_out_before_the_hub_refuses_it(operator: FlaskClient, hub: FakeHub) -> None:
    hub.held.clear()
    assert "The hub refuses to close an empty window." in words(operator.get("/windows/41/close").text)


def test_the_question_can_be_asked_without_the_hubs_database(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("positions", FiguresUnavailable("OperationalError"))
    page = operator.get("/windows/41/close").text
    assert "Closing works without it." in words(page)
    assert "refuses to close an empty window" not in words(page)


def test_no_question_is_asked_about_a_window_that_is_not_open(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(40, WindowState.CLOSED)
    answer = operator.get("/windows/40/close")
    assert answer.status_code == 409
    assert "Window 40 is not open" in words(answer.text)
    assert "<button" not in answer.text


def test_closing_tells_the_hub_who_and_why_and_leads_to_the_list(operator: FlaskClient, hub: FakeHub) -> None:
    answer = operator.post("/windows/41/close", data=form())
    assert (answer.status_code, answer.location) == (303, "/settlement/windows?closed=41")
    assert hub.closes == [(41, "End of day (olivia)", "olivia")]
    assert "Window 41 is closing" in words(operator.get("/windows?closed=41").text)


def test_without_a_reason_the_hub_still_learns_who(operator: FlaskClient, hub: FakeHub) -> None:
    operator.post("/windows/41/close", data=form(reason=""))
    assert hub.closes == [(41, "Closed by hand (olivia)", "olivia")]


def test_a_reason_that_is_too_long_is_kept_and_named(operator: FlaskClient, hub: FakeHub) -> None:
    typed = "é" * (LONGEST_TYPED + 1)
    answer = operator.post("/windows/41/close", data=form(reason=typed))
    assert answer.status_code == 422
    assert typed in answer.text
    assert f"The reason has {LONGEST_TYPED + 1} characters; shorten it to {LONGEST_TYPED}." in words(answer.text)
    assert hub.closes == []


def test_a_close_is_audited_with_who_what_and_what_came_of_it(operator: FlaskClient, audit: AuditLog) -> None:
    operator.post("/windows/41/close", data=form())
    done, intent, requested = audit.entries(AuditQuery(action="settlement.close_window", limit=3)).entries
    assert [each.outcome for each in (requested, intent, done)] == ["requested", "intent", "done"]
    assert (done.actor.subject, done.target, done.detail["next_window"]) == ("u-olivia", "window:41", 42)
    assert (requested.reason, requested.before, requested.after) == (
        "End of day",
        {"state": "OPEN"},
        {"state": "CLOSED"},
    )
    assert done.request_id


def test_a_refusal_keeps_the_hubs_code_and_words_and_what_was_typed(
    operator: FlaskClient, hub: FakeHub, audit: AuditLog
) -> None:
    hub.held.clear()
    answer = operator.post("/windows/41/close", data=form())
    assert answer.status_code == 409
    assert "The hub refused" in words(answer.text)
    assert "3100 Generic validation error - Window 41 is empty" in words(answer.text)
    assert "End of day</textarea>" in answer.text
    (failed,) = audit.entries(AuditQuery(action="settlement.close_window", limit=1)).entries
    assert (failed.outcome, failed.actor.subject) == ("failed", "u-olivia")
    assert "is empty" in failed.reason


def test_a_refused_form_can_be_sent_again(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("close", HubRefused("3100", "Generic validation error - Window 41 is empty"))
    again = value_of(operator.post("/windows/41/close", data=form()).text, "attempt")
    assert operator.post("/windows/41/close", data=form(attempt=again)).status_code == 303
    assert [number for number, _, _ in hub.closes] == [41]


def test_the_same_form_sent_twice_closes_once_and_leads_to_the_list_twice(operator: FlaskClient, hub: FakeHub) -> None:
    answers = [operator.post("/windows/41/close", data=form()) for _ in range(2)]
    assert [each.location for each in answers] == ["/settlement/windows?closed=41"] * 2
    assert len(hub.closes) == 1


def test_a_second_close_of_the_window_is_not_even_sent(operator: FlaskClient, hub: FakeHub) -> None:
    operator.post("/windows/41/close", data=form())
    answer = operator.post("/windows/41/close", data=form(attempt="form-2"))
    assert answer.status_code == 409
    assert "Window 41 is not open any more. Nothing was changed." in words(answer.text)
    assert "<form" not in answer.text
    assert hub.calls.count("close") == 1


def test_whoever_comes_second_is_told_who_asked_and_since_when(app: Flask, hub: FakeHub) -> None:
    hub.fail("close", HubUnavailable("timeout", sent=True))
    user_with(app, P.CLOSE_WINDOW, sub="u-marcus", name="Marcus Mensah").post("/windows/41/close", data=form())
    answer = user_with(app, P.CLOSE_WINDOW).post("/windows/41/close", data=form())
    assert answer.status_code == 409
    assert "What Marcus Mensah asked for on" in words(answer.text)
    assert "has an outcome that is not known yet" in words(answer.text)
    assert hub.closes == []


def test_of_many_who_close_at_once_one_reaches_the_hub(app: Flask, hub: FakeHub) -> None:
    def close(number: int) -> int:
        return (
            user_with(app, P.CLOSE_WINDOW).post("/windows/41/close", data=form(attempt=f"at-once-{number}")).status_code
        )

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(close, range(6)))
    assert outcomes == [303, 409, 409, 409, 409, 409]
    assert [number for number, _, _ in hub.closes] == [41]


def test_the_window_can_be_asked_for_again_after_a_refusal_and_after_a_hub_that_was_away(
    operator: FlaskClient, hub: FakeHub
) -> None:
    hub.fail("close", HubRefused("3100", "no"), HubUnavailable("gone"))
    outcomes = [operator.post("/windows/41/close", data=form(attempt=f"try-{n}")).status_code for n in range(3)]
    assert outcomes == [409, 502, 303]


def test_a_hub_that_was_never_reached_changed_nothing(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("close", HubUnavailable("refused"))
    answer = operator.post("/windows/41/close", data=form())
    assert answer.status_code == 502
    assert "data-portal-error" in answer.text
    assert "Nothing was changed. Try again in a moment." in words(answer.text)


def test_a_lost_answer_is_read_back_and_a_window_that_closed_is_called_closing(
    operator: FlaskClient, hub: FakeHub, audit: AuditLog
) -> None:
    hub.loses_answers = True
    answer = operator.post("/windows/41/close", data=form())
    assert answer.location == "/settlement/windows?closed=41"
    (entry,) = audit.entries(AuditQuery(action="settlement.close_window", limit=1)).entries
    assert (entry.outcome, entry.detail["read_back"]) == ("done", True)


def test_a_lost_answer_to_a_window_that_is_still_open_is_told_as_it_is(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("close", HubUnavailable("timeout", sent=True))
    answer = operator.post("/windows/41/close", data=form())
    page = operator.get(answer.location.removeprefix("/settlement"))
    assert "The outcome is not known" in words(page.text)
    assert "It was not sent a second time" in words(page.text)
    assert hub.calls.count("close") == 1


def test_a_lost_answer_that_cannot_be_read_back_is_not_guessed_at(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("close", HubUnavailable("timeout", sent=True))
    hub.fail("window", None, HubUnavailable("still away"))
    answer = operator.post("/windows/41/close", data=form())
    assert "The outcome is not known" in words(operator.get(answer.location.removeprefix("/settlement")).text)


def test_a_deadlock_in_the_hub_is_read_back_too(operator: FlaskClient, hub: FakeHub) -> None:
    hub.fail("close", HubRefused("2001", "Internal server error - Deadlock found", 500))
    answer = operator.post("/windows/41/close", data=form())
    assert answer.status_code == 409
    assert "2001 Internal server error - Deadlock found" in words(answer.text)
    assert hub.calls.count("close") == 1


def test_a_window_that_the_hub_does_not_know_is_not_found(operator: FlaskClient) -> None:
    assert operator.post("/windows/99/close", data=form()).status_code == 404
