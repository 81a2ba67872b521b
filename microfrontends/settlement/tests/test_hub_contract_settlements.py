"""One suite for both hubs: settlements are made, move on account by account, and change the ledger as they should."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from bff import HubRefused
from bff.run import Person, Run, running
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.settlements import Settlement, SettlementModel, SettlementState, WindowContent
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub import AccountAnswer, Hub
from microfrontends.settlement.tests.scene import AROUND_NOW, Scene, scene_of

LONG_AGO = Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
PENDING, RECORDED, RESERVED, COMMITTED, SETTLING, SETTLED, _ABORTED = SettlementState


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture(scope="module", params=["memory", "sandbox"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_of(request.param, tmp_path_factory.mktemp("hub"), "payerfsp", "payeefsp") as there:
        yield there


def closed(scene: Scene) -> int:
    """Close the open window; its number."""
    (window,) = scene.hub.open_windows()
    scene.hub.close(window.id, "end of day")
    return scene.until_closed(window.id).id


def settled(hub: Hub, number: int) -> Settlement:
    """The settlement as it stands, which must be there."""
    found = hub.settlement(number)
    assert found is not None
    return found


def move(hub: Hub, number: int, *states: SettlementState) -> Settlement:
    """Move every account on, a step after the other."""
    for state in states:
        answers = hub.advance(number, settled(hub, number).accounts, state, f"now {state}")
        assert [(each.state, each.refusal) for each in answers] == [(state, None)] * len(answers)
    return settled(hub, number)


def values(hub: Hub, *names: str, currency: str = "USD", kind: str = "POSITION") -> list[Decimal]:
    """What stands on accounts of a kind."""
    held = {(each.participant, each.currency, each.kind): each.value for each in hub.ledger()}
    return [held[name, currency, kind] for name in names]


@pytest.fixture
def window(scene: Scene) -> int:
    """A closed window in which payerfsp owes payeefsp 120.25 USD and 7000 XOF."""
    scene.transfer("150.25")
    scene.transfer("30", payer="payeefsp", payee="payerfsp")
    scene.transfer("7000", "XOF")
    return closed(scene)


@pytest.fixture
def made(scene: Scene, window: int) -> Settlement:
    """That window's settlement in USD."""
    return scene.hub.create_settlement("DEFERREDNETUSD", [window], "settle it")


def test_the_models_say_how_they_settle(scene: Scene) -> None:
    assert sorted(scene.hub.settlement_models(), key=lambda each: each.name) == [
        SettlementModel(f"DEFERREDNET{currency}", currency, True, True, True, "POSITION") for currency in ("USD", "XOF")
    ]


def test_a_closed_window_says_what_it_holds_for_which_model(scene: Scene, window: int) -> None:
    (open_one,) = scene.hub.open_windows()
    assert scene.hub.window_contents([window, open_one.id, 999_999]) == tuple(
        WindowContent(window, currency, "POSITION", WindowState.CLOSED) for currency in ("USD", "XOF")
    )


def test_a_settlement_is_what_each_owes_and_is_owed_in_the_models_currency(scene: Scene, window: int) -> None:
    made = scene.hub.create_settlement("DEFERREDNETUSD", [window], "settle it")
    assert (made.model, made.state, made.reason, made.windows) == ("DEFERREDNETUSD", PENDING, "settle it", (window,))
    assert [(each.participant, each.currency, each.net, each.state) for each in made.accounts] == [
        ("payerfsp", "USD", Decimal("120.25"), PENDING),
        ("payeefsp", "USD", Decimal("-120.25"), PENDING),
    ]
    assert made.imbalance == {}
    assert made.created.tzinfo is not None
    assert scene.hub.settlement(made.id) == made
    assert [(each.currency, each.state, each.settlement_id) for each in scene.hub.window_contents([window])] == [
        ("USD", WindowState.PENDING_SETTLEMENT, made.id),
        ("XOF", WindowState.CLOSED, None),
    ]
    taken = scene.hub.window(window)
    assert taken is not None
    assert (taken.state, taken.reason) == (WindowState.PENDING_SETTLEMENT, "settle it")


def test_a_window_is_settled_by_one_model_after_the_other(scene: Scene, window: int, made: Settlement) -> None:
    other = scene.hub.create_settlement("DEFERREDNETXOF", [window], "the rest")
    assert {each.settlement_id for each in scene.hub.window_contents([window])} == {made.id, other.id}
    move(scene.hub, made.id, RECORDED, RESERVED, COMMITTED, SETTLED)
    between = scene.hub.window(window)
    move(scene.hub, other.id, RECORDED, RESERVED, COMMITTED, SETTLED)
    after = scene.hub.window(window)
    assert between is not None
    assert after is not None
    assert (between.state, after.state) == (WindowState.PENDING_SETTLEMENT, WindowState.SETTLED)
    assert [each.state for each in scene.hub.window_contents([window])] == [WindowState.SETTLED] * 2


def test_an_unknown_model_is_refused(scene: Scene, window: int) -> None:
    with pytest.raises(HubRefused, match="3100 Generic validation error - Settlement model not found: NOPE"):
        scene.hub.create_settlement("NOPE", [window], "why")


def test_windows_that_cannot_be_settled_are_named(scene: Scene, window: int, made: Settlement) -> None:
    (open_one,) = scene.hub.open_windows()
    with pytest.raises(HubRefused) as caught:
        scene.hub.create_settlement("DEFERREDNETUSD", [window, open_one.id, 999_999], "why")
    assert caught.value.code == "3100"
    words = f"Generic validation error - Inapplicable windows {window}, {open_one.id}, 999999"
    assert caught.value.description == words


def test_a_window_that_is_still_being_added_up_cannot_be_settled_yet(scene: Scene) -> None:
    scene.transfer("1")
    (open_one,) = scene.hub.open_windows()
    scene.slow()
    scene.hub.close(open_one.id, "end of day")
    with pytest.raises(HubRefused, match=f"Inapplicable windows {open_one.id}"):
        scene.hub.create_settlement("DEFERREDNETUSD", [open_one.id], "why")
    scene.until_closed(open_one.id)
    assert scene.hub.create_settlement("DEFERREDNETUSD", [open_one.id], "why").state is PENDING


def test_positions_are_settled_step_by_step_recipients_first(scene: Scene) -> None:
    before = values(scene.hub, "payerfsp", "payeefsp")
    scene.transfer("100.5")
    owed = [before[0] + Decimal("100.5"), before[1] - Decimal("100.5")]
    number = scene.hub.create_settlement("DEFERREDNETUSD", [closed(scene)], "settle").id
    for state, standing in ((RECORDED, owed), (RESERVED, [owed[0], before[1]]), (COMMITTED, before), (SETTLED, before)):
        assert move(scene.hub, number, state).state is state
        assert values(scene.hub, "payerfsp", "payeefsp") == standing
        (multilateral,) = values(scene.hub, "Hub", kind="HUB_MULTILATERAL_SETTLEMENT")
        assert multilateral == -sum(standing) + sum(before)


def test_no_account_runs_ahead_of_the_others(scene: Scene, made: Settlement) -> None:
    first, second = made.accounts
    assert scene.hub.advance(made.id, [first], RECORDED, "one")[0].state is RECORDED
    (ahead,) = scene.hub.advance(made.id, [first], RESERVED, "two")
    assert ahead.state is RECORDED
    assert ahead.refusal is not None
    assert (ahead.refusal.code, ahead.refusal.status) == ("3000", 200)
    assert ahead.refusal.description == "Generic client error - State change not allowed"
    assert settled(scene.hub, made.id).state is PENDING
    scene.hub.advance(made.id, [second], RECORDED, "one")
    standing = settled(scene.hub, made.id)
    assert (standing.state, standing.reason) == (RECORDED, "All settlement accounts are PS_TRANSFERS_RECORDED")


def test_a_state_may_be_entered_again_and_changes_only_the_reason(scene: Scene, made: Settlement) -> None:
    move(scene.hub, made.id, RECORDED, RESERVED)
    before = values(scene.hub, "payerfsp", "payeefsp")
    answers = scene.hub.advance(made.id, made.accounts, RESERVED, "once more", "bank-7")
    assert [each.refusal for each in answers] == [None, None]
    assert {each.reason for each in settled(scene.hub, made.id).accounts} == {"once more"}
    assert values(scene.hub, "payerfsp", "payeefsp") == before


def test_an_account_that_is_not_in_the_settlement_is_refused_by_itself(scene: Scene, made: Settlement) -> None:
    first, second = made.accounts
    strangers = [replace(first, account_id=999_999), replace(second, participant_id=first.participant_id)]
    answers = scene.hub.advance(made.id, [*strangers, first], RECORDED, "why")
    words = [each.refusal and each.refusal.description for each in answers]
    unknown, mismatch = "Account not found", "Participant and account mismatch"
    assert words == [f"Generic client error - {unknown}", f"Generic client error - {mismatch}", None]
    assert [each.state for each in settled(scene.hub, made.id).accounts] == [RECORDED, PENDING]


def test_one_account_refused_does_not_hold_the_others_up(scene: Scene, made: Settlement) -> None:
    first, second = made.accounts
    scene.refuse(first.account_id, "Deadlock")
    refused, moved = scene.hub.advance(made.id, made.accounts, RECORDED, "why")
    assert refused.refusal is not None
    assert refused.refusal.description == "Generic client error - Deadlock"
    assert refused.state is PENDING
    assert moved == AccountAnswer(second.account_id, RECORDED)
    scene.hub.advance(made.id, [first], RECORDED, "again")
    assert settled(scene.hub, made.id).state is RECORDED


def test_nothing_to_move_is_nothing_asked(scene: Scene, made: Settlement) -> None:
    assert scene.hub.advance(made.id, [], RECORDED, "why") == ()


def test_an_unknown_settlement_is_none_and_cannot_be_changed(scene: Scene, made: Settlement) -> None:
    assert scene.hub.settlement(999_999) is None
    with pytest.raises(HubRefused, match="3100 Generic validation error - Settlement not found"):
        scene.hub.advance(999_999, made.accounts, RECORDED, "why")
    with pytest.raises(HubRefused, match="Settlement with ID '999999' not found"):
        scene.hub.abort(999_999, "why")


def test_the_last_account_settles_the_settlement_and_some_of_them_are_settling(scene: Scene, made: Settlement) -> None:
    first, second = move(scene.hub, made.id, RECORDED, RESERVED, COMMITTED).accounts
    scene.hub.advance(made.id, [first], SETTLED, "paid")
    between = settled(scene.hub, made.id)
    assert (between.state, between.reason) == (SETTLING, "Some settlement accounts are SETTLED")
    scene.hub.advance(made.id, [second], SETTLED, "paid")
    assert settled(scene.hub, made.id).state is SETTLED


def test_the_list_says_of_each_settlement_what_its_own_address_says(scene: Scene, made: Settlement) -> None:
    move(scene.hub, made.id, RECORDED)
    listed = scene.hub.settlements(AROUND_NOW)
    assert [each.id for each in listed] == sorted((each.id for each in listed), reverse=True)
    assert listed == tuple(settled(scene.hub, each.id) for each in listed)
    of_a_state = scene.hub.settlements(AROUND_NOW, RECORDED)
    assert made.id in {each.id for each in of_a_state}
    assert {each.state for each in of_a_state} == {RECORDED}
    assert {each.model for each in listed} <= {"DEFERREDNETUSD", "DEFERREDNETXOF"}


def test_no_settlements_are_an_empty_list(scene: Scene) -> None:
    assert scene.hub.settlements(LONG_AGO) == ()
    assert scene.hub.settlements(AROUND_NOW, SettlementState.ABORTED) == ()


def test_released_hubs_cannot_abort_and_change_nothing(scene: Scene, made: Settlement) -> None:
    with pytest.raises(HubRefused) as caught:
        scene.hub.abort(made.id, "by mistake")
    assert (caught.value.code, caught.value.status) == ("2001", 500)
    assert settled(scene.hub, made.id) == made


def test_what_is_committed_cannot_be_aborted(scene: Scene, made: Settlement) -> None:
    first, _second = move(scene.hub, made.id, RECORDED, RESERVED).accounts
    scene.hub.advance(made.id, [first], COMMITTED, "paid")
    with pytest.raises(HubRefused, match=f"At least one settlement transfer is committed for settlement '{made.id}'"):
        scene.hub.abort(made.id, "by mistake")
    move(scene.hub, made.id, COMMITTED)
    words = f"State change is not allowed for settlement '{made.id}' in state 'PS_TRANSFERS_COMMITTED'"
    with pytest.raises(HubRefused, match=words):
        scene.hub.abort(made.id, "by mistake")


def test_who_owes_as_much_as_it_is_owed_is_in_the_settlement_with_nothing(scene: Scene) -> None:
    for payer, payee in (("payerfsp", "payeefsp"), ("payeefsp", "payerfsp")):
        scene.transfer("12.34", payer=payer, payee=payee)
    made = scene.hub.create_settlement("DEFERREDNETUSD", [closed(scene)], "even")
    before = values(scene.hub, "payerfsp", "payeefsp")
    assert [each.net for each in made.accounts] == [0, 0]
    done = move(scene.hub, made.id, RECORDED, RESERVED, COMMITTED, SETTLED)
    assert done.state is SETTLED
    assert values(scene.hub, "payerfsp", "payeefsp") == before


@pytest.mark.parametrize("kind", ["memory", "sandbox"])
def test_reserving_rewrites_a_recipients_cap_from_its_oldest_one_and_forgets_the_alarm(
    kind: str, tmp_path: Path
) -> None:
    with scene_of(kind, tmp_path, "payerfsp", "payeefsp") as scene:
        scene.join("demomfi", "USD", cap="1000", liquidity="5000")
        scene.hub.set_cap(Cap("demomfi", "USD", Decimal(3000), Decimal(25)))
        scene.until_applied()
        scene.transfer("900", payee="demomfi")
        first = closed(scene)
        scene.transfer("1500", payer="demomfi")
        assert values(scene.hub, "demomfi") == [600]
        number = scene.hub.create_settlement("DEFERREDNETUSD", [first], "settle").id
        move(scene.hub, number, RECORDED)
        assert Cap("demomfi", "USD", Decimal(3000), Decimal(25)) in scene.hub.caps()
        move(scene.hub, number, RESERVED)
        assert Cap("demomfi", "USD", Decimal(1900), Decimal(10)) in scene.hub.caps()
        assert values(scene.hub, "demomfi") == [1500]
