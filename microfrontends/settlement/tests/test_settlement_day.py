"""Settlement day: twelve steps, what the portal sees for itself, what people note, what blocks and what is next."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.settlement.domain.settlement_day import DayFacts, DayStep, StepStanding, standing_of
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.reading import links, words


@pytest.fixture
def fatima(app: Flask, bench: Bench) -> FlaskClient:
    """Fatima, before a settlement that is reserved."""
    bench.settle()
    return user_with(app, P.VIEW_SETTLEMENTS, P.FINALISE, sub="u-fatima", name="Fatima Farah", username="fatima")


def note(client: FlaskClient, step: int, done: str = "yes", reason: str = "") -> int:
    sent = {"done": done, "reason": reason, "confirmed": "yes"}
    return int(client.post(f"/settlements/1/day/{step}", data=sent).status_code)


def test_what_the_portal_saw_needs_no_note(fatima: FlaskClient) -> None:
    text = words(fatima.get("/settlements/1/guide").text)
    assert "1. Close the windows and settle them Done Fatima" in text
    fatima.get("/settlements/1/initiation.xlsx")
    assert "5. Fetch the settlement initiation report Done Fatima Farah" in words(
        fatima.get("/settlements/1/guide").text
    )


def test_a_note_says_who_and_why_and_can_be_taken_back(fatima: FlaskClient) -> None:
    assert note(fatima, 7, reason="Confirmed by phone") == 303
    text = words(fatima.get("/settlements/1/guide").text)
    assert "7. The settlement bank moves the money Done Fatima Farah" in text
    assert "Confirmed by phone" in text
    assert note(fatima, 7) == 409, "it is noted already"
    assert note(fatima, 7, "no") == 303
    assert "7. The settlement bank moves the money To do" in words(fatima.get("/settlements/1/guide").text)


@pytest.mark.parametrize("step", [0, 1, 9, 13])
def test_what_the_portal_sees_for_itself_nobody_can_note(fatima: FlaskClient, step: int) -> None:
    assert note(fatima, step) == 422


def test_what_has_to_wait_says_for_what(fatima: FlaskClient, bench: Bench) -> None:
    assert "11. Fetch the result report of each participant Blocked Waits for: Finalise" in words(
        fatima.get("/settlements/1/guide").text
    )
    bench.work(bench.finalise(1))
    text = words(fatima.get("/settlements/1/guide").text)
    assert "9. Finalise Done Fatima" in text
    assert "11. Fetch the result report of each participant To do" in text


def test_who_only_reads_is_offered_no_notes(app: Flask, bench: Bench) -> None:
    bench.settle()
    assert not [
        each for each in links(user_with(app, P.VIEW_SETTLEMENTS).get("/settlements/1/guide").text) if "/day/" in each
    ]


def test_the_first_step_that_is_left_is_next() -> None:
    found = standing_of(DayFacts(initiated=True, settled=False, done=frozenset({DayStep.FETCH_DFSP_REPORTS})))
    assert found[DayStep.SEND_DFSP_REPORTS] is StepStanding.NEXT
    assert found[DayStep.DFSPS_RECONCILE] is StepStanding.LEFT


def test_a_stopped_run_fails_its_step() -> None:
    assert standing_of(DayFacts(initiated=True, settled=False, stopped=True))[DayStep.FINALISE] is StepStanding.FAILED
    assert standing_of(DayFacts(initiated=False, settled=False, stopped=True))[DayStep.INITIATE] is StepStanding.FAILED


def test_nothing_follows_an_abort() -> None:
    found = standing_of(DayFacts(initiated=False, settled=False, aborted=True))
    assert set(found.values()) == {StepStanding.BLOCKED}
