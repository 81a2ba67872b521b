"""Who walks what: somebody who may, or nobody; and a route that answers otherwise than its permission says is named."""

import pytest

from bff.access import files
from bff.journeys.junit import report
from bff.journeys.matrix import Step
from bff.journeys.people import Walker
from bff.journeys.routes import Route, tried
from bff.journeys.visitor import Lost, Visitor
from bff.journeys.walks import Cast, NotWalked, expect, walks_of

BOOK = files.load(None)
NOWHERE = "http://127.0.0.1:9"
AUDITOR = Walker("ada", "secret", frozenset({"audit"}))
READ, WRITE = Route("GET", "/garden/beds", "users:person:view"), Route("POST", "/garden/beds/0/dig", "garden:bed:dig")


class Asker(Visitor):
    """Somebody to whom everything is answered alike."""

    def __init__(self, answer: int) -> None:
        super().__init__(NOWHERE)
        self.answer, self.sent = answer, 0

    def status(self, path: str) -> int:
        """The same for every page."""
        return self.answer

    def forged(self, method: str, path: str) -> int:
        """The same for every form."""
        self.sent += 1
        return self.answer


def test_nobody_walks_what_none_of_the_people_may() -> None:
    cast = Cast(NOWHERE, [AUDITOR], BOOK, 0, {"settlement"})
    with pytest.raises(NotWalked, match="none of the people holds garden:bed:dig"):
        cast.who("garden:bed:dig")
    with pytest.raises(NotWalked, match="not there: garden, reports"):
        cast.needs("settlement", "reports", "garden")
    cast.needs("settlement")


def test_whoever_may_walk_is_signed_in_at_the_deployment() -> None:
    permission = min(BOOK.permissions_of(AUDITOR.roles))
    with pytest.raises(Lost, match="does not answer"):
        Cast(NOWHERE, [AUDITOR], BOOK, 0, set()).who(permission)


@pytest.mark.parametrize("status", [403, 404])
def test_routes_that_refuse_are_as_they_should_be_for_whoever_may_not(status: int) -> None:
    nobody = Asker(status)
    tried(nobody, Walker("nobody", "", frozenset()), BOOK, [READ, WRITE])
    assert nobody.sent == 1


@pytest.mark.parametrize("status", [200, 302, 422, 500])
def test_a_route_that_serves_whoever_may_not_is_named(status: int) -> None:
    with pytest.raises(Lost, match=f"GET /garden/beds answered {status} without its permission; POST /garden/beds/0"):
        tried(Asker(status), Walker("nobody", "", frozenset()), BOOK, [READ, WRITE])


def test_a_route_that_refuses_whoever_may_is_named_and_nothing_is_sent_by_them() -> None:
    permission = min(BOOK.permissions_of(AUDITOR.roles))
    ours = [Route("GET", "/garden", permission), Route("POST", "/garden", permission)]
    visitor = Asker(403)
    with pytest.raises(Lost, match=r"^GET /garden answered 403 with its permission$"):
        tried(visitor, AUDITOR, BOOK, ours)
    assert visitor.sent == 0


def test_a_figure_that_differs_is_what_went_wrong() -> None:
    expect(holds=True, otherwise="never said")
    with pytest.raises(Lost, match=r"12\.50 there, 12\.05 in the report"):
        expect(holds=False, otherwise="12.50 there, 12.05 in the report")


def test_an_app_that_names_no_walks_has_none() -> None:
    assert list(walks_of("users")) == []
    assert list(walks_of("no-such-app")) == []
    assert [walk.writes for walk in walks_of("settlement")] == [True]


def test_what_was_left_out_is_told_as_skipped() -> None:
    text = report([Step("ada", "opens /", ""), Step("reports", "figures", "", "none of the people holds it")])
    assert 'tests="2" failures="0" errors="0" skipped="1"' in text
    assert '<skipped message="none of the people holds it" />' in text
