"""What this app's hub says when the hub breaks at a call: every change is sent once, and its fate is never guessed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from bff import HubRefused, HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.hub import FundsOrder, Patience
from microfrontends.settlement.tests.scene import Sandbox, sandbox

RECORDED = SettlementState.PS_TRANSFERS_RECORDED


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A hub with a closed window, of which nobody expects to take long."""
    quick = Patience(read=1.0, close=0.4, order=0.4, settle=0.4)
    with (
        running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))),
        sandbox(tmp_path_factory.mktemp("hub"), "payerfsp", "payeefsp", patience=quick) as there,
    ):
        there.transfer("5")
        yield there


@pytest.fixture
def scene(hub: Sandbox) -> Iterator[Sandbox]:
    """The hub, whole again afterwards."""
    yield hub
    hub.mend()
    hub.until_applied()


Ask = Callable[[], object]
Look = Callable[[], object]


def closed(scene: Sandbox) -> int:
    """The number of a window that was just closed."""
    scene.transfer("5")
    (window,) = scene.hub.open_windows()
    scene.hub.close(window.id, "end of day")
    return scene.until_closed(window.id).id


def liquidity(scene: Sandbox) -> tuple[int, Decimal]:
    """The number of payerfsp's liquidity account in USD, and what stands on it."""
    scene.until_applied()
    (found,) = [each for each in scene.hub.accounts("payerfsp") if (each.kind, each.currency) == ("SETTLEMENT", "USD")]
    return found.account_id, found.value


def order(scene: Sandbox) -> FundsOrder:
    """Funds of payerfsp."""
    return FundsOrder("payerfsp", liquidity(scene)[0], Decimal(7), "USD", str(uuid4()), "bank-7", "why")


def close(scene: Sandbox) -> tuple[Ask, Look]:
    scene.transfer("5")
    (window,) = scene.hub.open_windows()
    return lambda: scene.hub.close(window.id, "end of day"), lambda: [each.id for each in scene.hub.open_windows()]


def create_settlement(scene: Sandbox) -> tuple[Ask, Look]:
    window = closed(scene)
    ask = lambda: scene.hub.create_settlement("DEFERREDNETUSD", [window], "settle")  # noqa: E731
    return ask, lambda: scene.hub.window_contents([window])


def advance(scene: Sandbox) -> tuple[Ask, Look]:
    made = scene.hub.create_settlement("DEFERREDNETUSD", [closed(scene)], "settle")
    return lambda: scene.hub.advance(made.id, made.accounts, RECORDED, "on"), lambda: scene.hub.settlement(made.id)


def set_cap(scene: Sandbox) -> tuple[Ask, Look]:
    (now,) = [each for each in scene.hub.caps() if (each.participant, each.currency) == ("payerfsp", "USD")]
    cap = replace(now, value=now.value + 1)
    return lambda: scene.hub.set_cap(cap), lambda: cap in scene.hub.caps()


def set_account_active(scene: Sandbox) -> tuple[Ask, Look]:
    (found,) = [each for each in scene.hub.accounts("payeefsp") if (each.kind, each.currency) == ("POSITION", "XOF")]
    active = lambda: [each.active for each in scene.hub.accounts("payeefsp")]  # noqa: E731
    return lambda: scene.hub.set_account_active("payeefsp", found.account_id, not found.active), active


def funds_in(scene: Sandbox) -> tuple[Ask, Look]:
    wanted = order(scene)
    return lambda: scene.hub.funds_in(wanted), lambda: liquidity(scene)


def funds_out_reserve(scene: Sandbox) -> tuple[Ask, Look]:
    wanted = order(scene)
    return lambda: scene.hub.funds_out_reserve(wanted), lambda: liquidity(scene)


def funds_out_abort(scene: Sandbox) -> tuple[Ask, Look]:
    out = order(scene)
    scene.hub.funds_out_reserve(out)
    liquidity(scene)
    ask = lambda: scene.hub.funds_out_abort(out.participant, out.account_id, out.transfer_id, "back")  # noqa: E731
    return ask, lambda: liquidity(scene)


Change = Callable[[Sandbox], tuple[Ask, Look]]
CHANGES: tuple[Change, ...] = (
    close,
    create_settlement,
    advance,
    set_cap,
    set_account_active,
    funds_in,
    funds_out_reserve,
    funds_out_abort,
)


def attempt(scene: Sandbox, change: Change, effect: str, **how: Any) -> tuple[Exception, bool]:
    """Try a change at which the hub breaks: what is raised, and whether it happened. It is always sent once."""
    ask, look = change(scene)
    before, sent = look(), changes_sent(scene)
    scene.break_(effect, path="/(v2|participants).*", method=method_of(change), **how)
    with pytest.raises((HubRefused, HubUnavailable)) as caught:
        ask()
    assert changes_sent(scene) == sent + 1
    return caught.value, look() != before


def method_of(change: Change) -> str:
    """The method by which a change is asked for."""
    return "POST" if change in (close, create_settlement, funds_in, funds_out_reserve) else "PUT"


def changes_sent(scene: Sandbox) -> int:
    """How many changes arrived at the hub."""
    return sum(method != "GET" for method, _ in scene.calls())


@pytest.mark.parametrize("change", CHANGES)
def test_a_refusal_is_passed_on_and_nothing_happened(scene: Sandbox, change: Change) -> None:
    problem, happened = attempt(scene, change, "refuse", status=400, code="3100", text="Generic - not now")
    assert isinstance(problem, HubRefused)
    assert (problem.code, problem.description, problem.status) == ("3100", "Generic - not now", 400)
    assert not happened


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("after", [False, True])
def test_a_failure_of_the_hub_is_told_the_same_whether_it_happened_or_not(
    scene: Sandbox, change: Change, after: bool
) -> None:
    problem, happened = attempt(scene, change, "refuse", after=after)
    assert isinstance(problem, HubRefused)
    assert (problem.code, problem.status) == ("2001", 500)
    assert happened == after


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("after", [False, True])
def test_a_connection_that_breaks_leaves_the_fate_unknown(scene: Sandbox, change: Change, after: bool) -> None:
    problem, happened = attempt(scene, change, "drop", after=after)
    assert isinstance(problem, HubUnavailable)
    assert problem.sent
    assert happened == after


@pytest.mark.parametrize("change", [close, advance, funds_in])
def test_an_answer_that_comes_too_late_leaves_the_fate_unknown(scene: Sandbox, change: Change) -> None:
    problem, happened = attempt(scene, change, "delay", after=True, seconds=0.8)
    assert isinstance(problem, HubUnavailable)
    assert problem.sent
    assert happened


def test_an_order_that_the_hub_loses_looks_like_any_other(scene: Sandbox) -> None:
    ask, look = funds_in(scene)
    before = look()
    scene.break_("lose", method="POST", path="/participants/payerfsp/accounts/.*")
    ask()
    assert look() == before


def test_a_read_that_breaks_is_tried_once_more(scene: Sandbox) -> None:
    scene.break_("drop", method="GET", path="/participants/limits")
    assert len(scene.hub.caps()) == 4
    scene.break_("drop", method="GET", path="/participants/limits", times=2)
    with pytest.raises(HubUnavailable) as caught:
        scene.hub.caps()
    assert not caught.value.sent
