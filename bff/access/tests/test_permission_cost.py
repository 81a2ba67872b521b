"""What it costs to know whether somebody may do something, again and again: no query, no call, microseconds."""

import time

from bff.access.files import RoleBook
from bff.access.holding import Assignments
from bff.access.keto import KetoAssignments
from bff.access.rights import Access
from bff.access.tests.fake_keto import FakeKeto
from bff.database import engine_for
from bff.identity.principal import Identity
from tests.figures import figure
from tests.statements import statements

CHECKS = 5000


def check(access: Access, subject: str) -> bool:
    """What the guard of an app does for each request, once it knows the session."""
    rights = access.rights(subject)
    who = Identity(
        subject, "O", "o", rights.participants, rights.hub, rights.permissions, rights.roles, "csrf", "session"
    )
    return who.may("garden:gate:shut")


def test_a_check_in_steady_state_asks_no_database(book: RoleBook, url: str, store: Assignments) -> None:
    if isinstance(store, KetoAssignments):
        return  # its calls are counted below
    store.assign("u-1", "keeper", "u-9")
    access = Access(book, store)
    with statements(engine_for(url)) as queries:
        assert check(access, "u-1")
        assert len(queries) == 1
        queries.clear()
        assert all(check(access, "u-1") for _ in range(CHECKS))
        assert queries == []


def test_a_check_in_steady_state_calls_no_keto(book: RoleBook, keto: FakeKeto) -> None:
    store = KetoAssignments(keto.url)
    store.assign("u-1", "keeper", "u-9")
    access = Access(book, store)
    assert check(access, "u-1")
    keto.requests.clear()
    assert all(check(access, "u-1") for _ in range(CHECKS))
    assert keto.requests == []


def test_a_check_costs_less_than_a_tenth_of_a_millisecond(book: RoleBook, store: Assignments) -> None:
    store.assign("u-1", "keeper", "u-9")
    access = Access(book, store)
    check(access, "u-1")
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(CHECKS // 5):
            check(access, "u-1")
        best = min(best, (time.process_time() - begun) / (CHECKS // 5) * 1e6)
    figure("permission_check_us", f"{best:.2f}", "us")
    assert best < 100
