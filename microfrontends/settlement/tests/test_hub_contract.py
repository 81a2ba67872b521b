"""One suite for both hubs: what the one in memory promises, the sandbox keeps, and what it keeps a real one does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from bff import HubRefused
from bff.run import Person, Run, running
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.positions import NetPosition, holdings
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.tests.scene import AROUND_NOW, Scene, scene_of

LONG_AGO = Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture(scope="module", params=["memory", "sandbox"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_of(request.param, tmp_path_factory.mktemp("hub"), "payerfsp", "payeefsp") as there:
        yield there


@pytest.fixture
def fresh(scene: Scene) -> int:
    """The number of an open window that holds nothing."""
    (window,) = scene.hub.open_windows()
    if not scene.hub.positions([window.id]):
        return window.id
    following = scene.hub.close(window.id, "to begin with")
    scene.until_closed(window.id)
    return following.id


def test_one_window_is_open_and_is_found_by_date_state_and_number(scene: Scene, fresh: int) -> None:
    (window,) = scene.hub.open_windows()
    assert (window.id, window.state, window.currencies) == (fresh, WindowState.OPEN, ())
    assert window in scene.hub.windows(AROUND_NOW)
    assert scene.hub.window(fresh) == window
    assert scene.hub.in_state(WindowState.OPEN) == 1


def test_nothing_found_is_an_empty_list(scene: Scene) -> None:
    assert scene.hub.windows(LONG_AGO) == ()


def test_an_unknown_window_is_none(scene: Scene) -> None:
    assert scene.hub.window(999_999) is None


def test_an_empty_window_is_refused_in_the_hubs_words(scene: Scene, fresh: int) -> None:
    with pytest.raises(HubRefused) as caught:
        scene.hub.close(fresh, "why")
    assert caught.value.code == "3100"
    assert caught.value.description == f"Generic validation error - Window {fresh} is empty"


def test_an_unknown_window_cannot_be_closed(scene: Scene) -> None:
    with pytest.raises(HubRefused, match="3100 Generic validation error - Window 999999 does not exist"):
        scene.hub.close(999_999, "why")


def test_transfers_are_counted_and_netted_per_currency_before_and_after_the_close(scene: Scene, fresh: int) -> None:
    scene.transfer("100.25")
    scene.transfer("50")
    scene.transfer("7000", "XOF")
    before = sorted(scene.hub.positions([fresh])[fresh])
    assert before == [
        NetPosition("USD", "payeefsp", 0, Decimal(0), Decimal("150.25")),
        NetPosition("USD", "payerfsp", 2, Decimal("150.25"), Decimal(0)),
        NetPosition("XOF", "payeefsp", 0, Decimal(0), Decimal(7000)),
        NetPosition("XOF", "payerfsp", 1, Decimal(7000), Decimal(0)),
    ]
    assert [each.imbalance for each in holdings(before)] == [0, 0]
    scene.hub.close(fresh, "why")
    scene.until_closed(fresh)
    assert sorted(scene.hub.positions([fresh])[fresh]) == before
    assert scene.hub.currencies([fresh]) == {fresh: ("USD", "XOF")}


def test_closing_opens_the_next_window_at_once_and_the_closed_one_follows_later(scene: Scene, fresh: int) -> None:
    scene.transfer("1")
    scene.transfer("500", "XOF")
    scene.slow()
    following = scene.hub.close(fresh, "Fin de journée (olivia)")
    assert following.id > fresh
    assert following.state is WindowState.OPEN
    assert [each.id for each in scene.hub.open_windows()] == [following.id]
    assert [each.id for each in scene.hub.processing()] == [fresh]
    assert scene.hub.closed_at([fresh]) == {}
    closed = scene.until_closed(fresh)
    assert (closed.reason, closed.currencies) == ("Fin de journée (olivia)", ("USD", "XOF"))
    assert scene.hub.processing() == ()
    assert scene.hub.closed_at([fresh]) == {fresh: closed.changed}
    assert closed in scene.hub.windows(AROUND_NOW)


def test_a_window_is_closed_once(scene: Scene, fresh: int) -> None:
    scene.transfer("1")
    scene.hub.close(fresh, "why")
    with pytest.raises(HubRefused, match=f"Window {fresh} is not open"):
        scene.hub.close(fresh, "why")
    scene.until_closed(fresh)


def test_windows_are_told_with_moments_that_have_a_zone(scene: Scene) -> None:
    windows: tuple[Window, ...] = scene.hub.windows(AROUND_NOW)
    assert all(each.opened.tzinfo and each.changed.tzinfo for each in windows)
