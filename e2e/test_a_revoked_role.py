"""A role that is taken away stops working in a session that is open, through the shell as well."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from bff.access.assignments import SqlAssignments
from e2e.people import Person
from sandbox.provider.crowd import crowd
from sandbox.up import Stack
from tests.figures import figure

SOMEBODY = crowd(8)[7]
WINDOWS = "/settlement/windows"
ASK = "path => fetch(path, {headers: {'Portal-Poll': '1'}}).then(answer => answer.status)"
pytestmark = [pytest.mark.own_portal, pytest.mark.writes]


def test_a_role_taken_away_closes_an_open_page_within_seconds(sign_in: Callable[..., Page], stack: Stack) -> None:
    store = SqlAssignments(stack.plan.access_database)
    store.assign(SOMEBODY["subject"], "operator", "the test")
    page = sign_in(Person(SOMEBODY["username"], "bizops"), WINDOWS)
    assert page.evaluate(ASK, WINDOWS) == 200
    store.remove(SOMEBODY["subject"], "operator")
    begun = time.monotonic()
    while page.evaluate(ASK, WINDOWS) != 403:
        assert time.monotonic() - begun < 60, "the role still works a minute after it was taken away"
        time.sleep(0.1)
    figure("revocation_s", f"{time.monotonic() - begun:.1f}", "s")
