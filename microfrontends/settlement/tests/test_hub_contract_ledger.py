"""One suite for both hubs: accounts and caps are told and changed, funds are applied later, and fail in silence."""

from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import replace
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

import pytest

from bff import HubRefused
from bff.errors import OutsideAction
from bff.run import Person, Run, running
from microfrontends.settlement.domain.ledger import Cap, LedgerAccount
from microfrontends.settlement.domain.settlements import SettlementAccount, SettlementState
from microfrontends.settlement.hub import AccountRef, FundsOrder, Hub
from microfrontends.settlement.tests.scene import Scene, scene_of


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture(scope="module", params=["memory", "sandbox"])
def hubs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_of(request.param, tmp_path_factory.mktemp("hub"), "payerfsp", "payeefsp") as there:
        yield there


@pytest.fixture
def scene(hubs: Scene) -> Scene:
    """The hub, at rest."""
    hubs.until_applied()
    return hubs


def account(hub: Hub, name: str = "payerfsp", kind: str = "SETTLEMENT", currency: str = "USD") -> LedgerAccount:
    """An account as it stands."""
    (found,) = [each for each in hub.accounts(name) if (each.kind, each.currency) == (kind, currency)]
    return found


def order(hub: Hub, amount: str, **other: object) -> FundsOrder:
    """Funds of payerfsp in USD under a new id."""
    made = FundsOrder(
        "payerfsp", account(hub).account_id, Decimal(amount), "USD", str(uuid4()), "bank-7", "Settlement 7"
    )
    return replace(made, **other)  # type: ignore[arg-type]  # a field's name and its value


def moved(scene: Scene, change: Callable[[], None]) -> tuple[Decimal, Decimal]:
    """By how much a change moves the liquidity account of payerfsp, and the hub's side of it."""
    before = account(scene.hub).value, account(scene.hub, "Hub", "HUB_RECONCILIATION").value
    change()
    scene.until_applied()
    after = account(scene.hub).value, account(scene.hub, "Hub", "HUB_RECONCILIATION").value
    return after[0] - before[0], after[1] - before[1]


def by(own: str, hubs: str) -> tuple[Decimal, Decimal]:
    """How far both sides moved."""
    return Decimal(own), Decimal(hubs)


NOTHING = by("0", "0")


def test_everyone_is_listed_by_name_with_accounts_and_the_hub_among_them(scene: Scene) -> None:
    people = scene.hub.participants()
    assert [each.name for each in people] == ["Hub", "payeefsp", "payerfsp"]
    assert all(each.active for each in people)
    held = {(each.kind, each.currency) for each in people[0].accounts}
    assert held == {
        (f"HUB_{kind}", currency)
        for kind in ("RECONCILIATION", "MULTILATERAL_SETTLEMENT")
        for currency in ("USD", "XOF")
    }
    refs = {each.id for each in people[2].accounts}
    assert refs == {each.account_id for each in scene.hub.accounts("payerfsp")}
    own = account(scene.hub)
    assert AccountRef(own.account_id, "SETTLEMENT", "USD", True) in people[2].accounts


def test_accounts_have_the_ledgers_own_sign(scene: Scene) -> None:
    own = account(scene.hub)
    assert (own.participant, own.active, own.reserved) == ("payerfsp", True, Decimal(0))
    assert own.value == -own.liquidity < 0
    with pytest.raises(HubRefused) as caught:
        scene.hub.accounts("nobody")
    assert caught.value.code == "3200"


def test_the_whole_ledger_is_what_each_participants_accounts_are(scene: Scene) -> None:
    ledger = sorted(scene.hub.ledger(), key=lambda each: each.account_id)
    singly = [each for person in scene.hub.participants() for each in scene.hub.accounts(person.name)]
    assert ledger == sorted(singly, key=lambda each: each.account_id)
    assert len(ledger) == 12


def test_a_cap_is_changed_together_with_its_alarm(scene: Scene) -> None:
    (before,) = [each for each in scene.hub.caps() if (each.participant, each.currency) == ("payerfsp", "USD")]
    wanted = Cap("payerfsp", "USD", Decimal("7500.5"), Decimal(20))
    scene.hub.set_cap(wanted)
    assert wanted in scene.hub.caps()
    assert len(scene.hub.caps()) == 4
    scene.hub.set_cap(before)
    assert before in scene.hub.caps()


def test_a_cap_below_zero_is_never_sent(scene: Scene) -> None:
    before = scene.hub.caps()
    with pytest.raises(ValueError, match="not below zero"):
        scene.hub.set_cap(Cap("payerfsp", "USD", Decimal(-5)))
    assert scene.hub.caps() == before


def test_a_cap_of_nobody_is_refused(scene: Scene) -> None:
    with pytest.raises(HubRefused, match="3200"):
        scene.hub.set_cap(Cap("nobody", "USD", Decimal(5)))


def test_a_position_account_is_closed_to_use_and_opened_again(scene: Scene) -> None:
    number = account(scene.hub, kind="POSITION").account_id
    scene.hub.set_account_active("payerfsp", number, False)
    assert not account(scene.hub, kind="POSITION").active
    assert ("payerfsp", "USD") not in {(each.participant, each.currency) for each in scene.hub.caps()}
    assert account(scene.hub, kind="POSITION", currency="XOF").active
    scene.hub.set_account_active("payerfsp", number, True)
    assert account(scene.hub, kind="POSITION").active


def test_only_a_participants_own_position_account_can_be_closed(scene: Scene) -> None:
    own, position = account(scene.hub), account(scene.hub, kind="POSITION")
    for name, number, words in (
        ("payerfsp", own.account_id, "Only position account update is permitted"),
        ("payeefsp", position.account_id, "Participant/account mismatch"),
        ("payerfsp", 999_999, "Account not found"),
    ):
        with pytest.raises(HubRefused) as caught:
            scene.hub.set_account_active(name, number, False)
        told = (caught.value.status, caught.value.code, caught.value.description)
        assert told == (500, "2001", f"Internal server error - {words}")


def test_funds_in_are_taken_at_once_and_show_later_on_both_sides(scene: Scene) -> None:
    for amount in (Decimal("120.25"), Decimal("0.0001"), Decimal(5000)):
        wanted = order(scene.hub, str(amount))
        assert moved(scene, partial(scene.hub.funds_in, wanted)) == (-amount, amount)


def test_one_id_never_moves_twice_whatever_else_it_says(scene: Scene) -> None:
    wanted = order(scene.hub, "50")
    assert moved(scene, lambda: scene.hub.funds_in(wanted)) == by("-50", "50")
    assert moved(scene, lambda: scene.hub.funds_in(wanted)) == NOTHING
    assert moved(scene, lambda: scene.hub.funds_in(replace(wanted, amount=Decimal(999)))) == NOTHING
    assert moved(scene, lambda: scene.hub.funds_out_reserve(wanted)) == NOTHING


def test_funds_leave_the_participant_when_reserved_and_the_hub_when_committed(scene: Scene) -> None:
    out = order(scene.hub, "300.5")
    assert moved(scene, lambda: scene.hub.funds_out_reserve(out)) == by("300.5", "0")

    def commit() -> None:
        scene.hub.funds_out_commit(out.participant, out.account_id, out.transfer_id, "paid")

    assert moved(scene, commit) == by("0", "-300.5")
    assert moved(scene, commit) == NOTHING


def test_reserved_funds_are_given_back(scene: Scene) -> None:
    out = order(scene.hub, "300.5")
    assert moved(scene, lambda: scene.hub.funds_out_reserve(out)) == by("300.5", "0")

    def abort() -> None:
        scene.hub.funds_out_abort(out.participant, out.account_id, out.transfer_id, "not paid")

    assert moved(scene, abort) == by("-300.5", "0")


def test_a_commit_sent_before_its_reserve_shows_is_lost_without_a_word(scene: Scene) -> None:
    out = order(scene.hub, "10")
    scene.slow()

    def reserve_and_commit() -> None:
        scene.hub.funds_out_reserve(out)
        scene.hub.funds_out_commit(out.participant, out.account_id, out.transfer_id, "too early")

    assert moved(scene, reserve_and_commit) == by("10", "0")


def test_more_than_there_is_is_taken_and_undone_without_a_word(scene: Scene) -> None:
    too_much = order(scene.hub, str(account(scene.hub).liquidity + Decimal("0.01")))
    assert moved(scene, lambda: scene.hub.funds_out_reserve(too_much)) == NOTHING


def test_the_end_of_what_nobody_reserved_is_taken_and_forgotten(scene: Scene) -> None:
    number = account(scene.hub).account_id
    assert moved(scene, lambda: scene.hub.funds_out_commit("payerfsp", number, str(uuid4()), "why")) == NOTHING


def test_the_database_knows_what_became_of_funds(scene: Scene) -> None:
    out, too_much, paid = order(scene.hub, "1"), order(scene.hub, "99999999"), order(scene.hub, "1")
    for ask, wanted in (
        (scene.hub.funds_out_reserve, out),
        (scene.hub.funds_out_reserve, too_much),
        (scene.hub.funds_in, paid),
    ):
        ask(wanted)
    scene.until_applied()
    asked = [each.transfer_id for each in (out, too_much, paid)]
    assert set(scene.hub.transfer_amounts([*asked, str(uuid4())])) == set(asked)
    assert scene.hub.transfer_states([*asked, str(uuid4())]) == dict(
        zip(asked, ("RESERVED", "ABORTED_REJECTED", "COMMITTED"), strict=True)
    )


def test_funds_move_on_a_liquidity_account_of_their_participant_and_currency_only(scene: Scene) -> None:
    position, other = account(scene.hub, kind="POSITION"), account(scene.hub, "payeefsp")
    for wrong, words in (
        (order(scene.hub, "1", account_id=position.account_id), "Account is not SETTLEMENT type"),
        (order(scene.hub, "1", account_id=other.account_id), "does not match participant or currency specified"),
        (order(scene.hub, "1", currency="XOF"), "does not match participant or currency specified"),
    ):
        for send in (scene.hub.funds_in, scene.hub.funds_out_reserve):
            with pytest.raises(HubRefused, match=words) as caught:
                send(wrong)
            assert (caught.value.status, caught.value.code) == (500, "2001")
    with pytest.raises(HubRefused):
        scene.hub.funds_in(order(scene.hub, "1", participant="nobody"))


@pytest.mark.parametrize("amount", ["1.23456", "1000000004999.9998"])
def test_an_amount_that_the_hub_would_change_is_never_sent(scene: Scene, amount: str) -> None:
    with pytest.raises(ValueError, match="to the last digit"):
        scene.hub.funds_in(order(scene.hub, amount))
    assert moved(scene, lambda: None) == NOTHING


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_funds_are_above_zero(amount: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        FundsOrder("payerfsp", 1, Decimal(amount), "USD", "id", "reference", "reason")


OWED = SettlementAccount(2, "payerfsp", 5, "USD", Decimal(1), SettlementState.PENDING_SETTLEMENT)
WRITES: dict[str, Callable[[Hub], object]] = {
    "close": lambda hub: hub.close(1, "why"),
    "create_settlement": lambda hub: hub.create_settlement("DEFERREDNETUSD", [1], "why"),
    "advance": lambda hub: hub.advance(1, [OWED], SettlementState.PS_TRANSFERS_RECORDED, "why"),
    "abort": lambda hub: hub.abort(1, "why"),
    "set_cap": lambda hub: hub.set_cap(Cap("payerfsp", "USD", Decimal(1))),
    "set_account_active": lambda hub: hub.set_account_active("payerfsp", 1, False),
    "funds_in": lambda hub: hub.funds_in(FundsOrder("payerfsp", 1, Decimal(1), "USD", "id", "bank", "why")),
    "funds_out_reserve": lambda hub: hub.funds_out_reserve(
        FundsOrder("payerfsp", 1, Decimal(1), "USD", "id", "bank", "why")
    ),
    "funds_out_commit": lambda hub: hub.funds_out_commit("payerfsp", 1, "id", "why"),
    "funds_out_abort": lambda hub: hub.funds_out_abort("payerfsp", 1, "id", "why"),
}


@pytest.mark.parametrize("method", WRITES)
def test_nothing_is_changed_outside_of_a_run(scene: Scene, method: str) -> None:
    with pytest.raises(OutsideAction):
        Context().run(WRITES[method], scene.hub)
