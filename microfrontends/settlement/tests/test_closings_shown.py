"""What the windows page says of closing by schedule: the next moment, what came of the last ones, nothing without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from microfrontends.settlement.closings import Closing
from microfrontends.settlement.schedule import Came, Past, Schedule
from microfrontends.settlement.tests.reading import rows, words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAILY = Closing("DEFERREDNETUSD", "0 17 * * *", ZoneInfo("Africa/Nairobi"), "End of day")


class Told(Schedule):
    """A schedule with a past of one's own."""

    def __init__(self, *past: Past) -> None:
        self.closings, self._past, self._clock = (DAILY,), past, lambda: NOON

    def past(self, most: int = 20) -> list[Past]:
        """As it was told."""
        return list(self._past)


@pytest.fixture
def scheduled(app: Flask) -> Iterator[Flask]:
    """The app, which closes windows at five in the afternoon."""
    before = app.extensions["settlement_schedule"]
    app.extensions["settlement_schedule"] = Told()
    yield app
    app.extensions["settlement_schedule"] = before


def past(came: Came, window: int | None = None) -> Past:
    return Past("DEFERREDNETUSD", NOON - timedelta(hours=22), came, NOON, window)


def test_without_a_schedule_nothing_is_said(operator: FlaskClient) -> None:
    assert "closes by itself" not in words(operator.get("/windows").text)


def test_the_next_moment_is_said_in_the_schedules_zone(scheduled: Flask, operator: FlaskClient) -> None:
    text = words(operator.get("/windows").text)
    assert "DEFERREDNETUSD closes by itself on 22 Nov 2026 17:00 EAT" in text


def test_what_came_of_the_last_moments_is_listed(scheduled: Flask, operator: FlaskClient) -> None:
    scheduled.extensions["settlement_schedule"] = Told(past(Came.CLOSED, 7))
    page = operator.get("/windows").text
    assert rows(page)[0] == "21 Nov 2026 17:00 EAT DEFERREDNETUSD Closed 7"


@pytest.mark.parametrize("came", [Came.MISSED, Came.REFUSED, Came.UNKNOWN])
def test_a_close_that_did_not_happen_is_said_aloud(scheduled: Flask, operator: FlaskClient, came: Came) -> None:
    scheduled.extensions["settlement_schedule"] = Told(past(came))
    assert "The close of 21 Nov 2026 17:00 EAT did not happen" in words(operator.get("/windows").text)
