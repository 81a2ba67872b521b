"""A plan moves what the settlement says, out before in, and tells apart what the bank holds otherwise."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfrontends.settlement.domain.finalisation import (
    Adjustment,
    Hurdle,
    Options,
    Plan,
    Step,
    plan_from_bank,
    plan_from_nets,
    transfer_id,
)
from microfrontends.settlement.domain.ledger import POSITION, SETTLEMENT, Cap, Ledger, LedgerAccount
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.tests.settled_books import (
    EVERYTHING,
    NETS,
    account,
    accounts,
    balance,
    ledger,
    moved_on,
    settlement,
)

PAYER, PAYEE = 3, 5
RIGHT = {key: balance(key) for key in NETS}
AMOUNTS = st.decimals("0.0001", "9999999999.9999", places=4)
NAMES = st.sampled_from([f"dfsp{number}" for number in range(6)])
CURRENCIES = st.sampled_from(["USD", "XOF", "BHD"])
OPTIONS = st.builds(Options, st.booleans(), st.booleans(), st.booleans())


def of(plan: Plan, key: int) -> Adjustment:
    (found,) = [each for each in plan.adjustments if each.account.account_id == key]
    return found


def from_bank(changed: dict[int, Decimal], options: Options = EVERYTHING) -> Plan:
    return plan_from_bank(settlement(), ledger(), options, RIGHT | changed)


def test_from_the_nets_a_sender_pays_out_and_a_recipient_is_paid() -> None:
    plan = plan_from_nets(settlement(), ledger(), Options())
    payer, payee = of(plan, PAYER), of(plan, PAYEE)
    assert (payer.funds, payer.step, payer.liquidity_expected) == (
        Decimal("-120.25"),
        Step.FUNDS_OUT,
        Decimal("4879.75"),
    )
    assert (payee.funds, payee.step, payee.liquidity_expected) == (Decimal("120.25"), Step.FUNDS_IN, Decimal("5120.25"))
    assert (payer.settlement_account_id, payer.currency) == (4, "USD")
    assert (payer.cap_before, payer.cap_after, payer.disable) == (Decimal(1000), None, False)
    assert plan.differences == ()
    assert plan.obstacles == ()


def test_money_goes_out_before_any_comes_in() -> None:
    plan = plan_from_nets(settlement(), ledger(), Options())
    signs = [each.funds > 0 for each in plan.adjustments]
    assert signs == sorted(signs)


def test_without_setting_liquidity_nothing_moves_and_net_senders_still_come_first() -> None:
    plan = plan_from_nets(settlement(), ledger(), Options(set_liquidity=False))
    assert {each.funds for each in plan.adjustments} == {Decimal(0)}
    assert {each.step for each in plan.adjustments} == {None}
    owing = [not each.account.owes for each in plan.adjustments]
    assert owing == sorted(owing)


def test_what_somebody_else_has_committed_already_does_not_move_again() -> None:
    held = settlement(account(PAYER, SettlementState.PS_TRANSFERS_COMMITTED), account(PAYEE))
    plan = plan_from_nets(held, ledger(), Options())
    assert (of(plan, PAYER).funds, of(plan, PAYER).liquidity_expected) == (Decimal(0), Decimal(5000))
    assert of(plan, PAYEE).funds == Decimal("120.25")


@pytest.mark.parametrize(
    ("raises", "lowers", "cap", "after"),
    [
        (True, False, "1000", "4879.75"),
        (True, False, "6000", None),
        (False, True, "6000", "4879.75"),
        (False, True, "1000", None),
        (False, False, "1000", None),
        (True, True, "4879.75", None),
    ],
)
def test_caps_follow_the_liquidity_only_as_far_as_was_asked(
    raises: bool, lowers: bool, cap: str, after: str | None
) -> None:
    plan = plan_from_nets(settlement(), ledger(caps=Decimal(cap)), Options(True, raises, lowers))
    assert of(plan, PAYER).cap_after == (None if after is None else Decimal(after))


def test_a_participant_without_a_cap_is_finalised_all_the_same() -> None:
    plan = plan_from_nets(settlement(), ledger(caps=None), EVERYTHING)
    assert (of(plan, PAYER).cap_before, of(plan, PAYER).cap_after) == (None, None)
    assert plan.obstacles == ()


def test_whatever_the_hub_would_refuse_or_lose_without_a_word_stands_in_the_way() -> None:
    poor = [replace(each, value=Decimal(-100)) if each.account_id == 4 else each for each in accounts()]
    idle = [replace(each, active=False) if each.account_id == 6 else each for each in poor]
    plan = plan_from_nets(settlement(), Ledger(idle, []), Options())
    found = {each.hurdle: (each.account and each.account.account_id, each.amount) for each in plan.obstacles}
    assert found == {Hurdle.SHORT: (PAYER, Decimal("20.25")), Hurdle.LIQUIDITY_ACCOUNT_INACTIVE: (PAYEE, 0)}


def test_a_missing_liquidity_account_and_a_sum_that_is_not_zero_stand_in_the_way() -> None:
    held = settlement(account(PAYER), replace(account(PAYEE), net=Decimal(-120)))
    plan = plan_from_nets(held, ledger(without=4), Options())
    assert [(each.hurdle, each.amount) for each in plan.obstacles] == [
        (Hurdle.SUM_NOT_ZERO, Decimal("0.25")),
        (Hurdle.NO_LIQUIDITY_ACCOUNT, 0),
    ]
    assert [each.account.account_id for each in plan.adjustments] == [PAYEE]


def test_a_bank_that_agrees_leaves_the_plan_of_the_nets() -> None:
    assert from_bank({}) == plan_from_nets(settlement(), ledger(), EVERYTHING)


def test_where_the_bank_holds_more_the_settlement_moves_its_net_and_the_rest_stands_by_itself() -> None:
    plan = from_bank({PAYER: Decimal("4900.00")})
    payer, (difference,) = of(plan, PAYER), plan.differences
    assert (payer.funds, payer.liquidity_expected) == (Decimal("-120.25"), Decimal("4879.75"))
    assert (difference.funds, difference.step) == (Decimal("20.25"), Step.DIFFERENCE_IN)
    assert (difference.expected, difference.bank) == (Decimal("4879.75"), Decimal(4900))
    assert difference.reference == "settlement 7 difference 3"
    assert (payer.cap_after, difference.cap_after) == (Decimal("4879.75"), Decimal(4900))


def test_where_the_bank_holds_less_the_cap_comes_down_at_once_and_the_money_when_it_is_approved() -> None:
    plan = from_bank({PAYER: Decimal(900)})
    (difference,) = plan.differences
    assert (difference.funds, difference.step) == (Decimal("-3979.75"), Step.DIFFERENCE_OUT)
    assert (of(plan, PAYER).cap_after, difference.cap_after) == (Decimal(900), None)


def test_a_zero_at_the_bank_is_a_balance_like_any_other() -> None:
    plan = from_bank({PAYER: Decimal(0)})
    assert not of(plan, PAYER).disable
    assert [each.funds for each in plan.differences] == [Decimal("-4879.75")]


def test_who_is_in_arrears_loses_liquidity_cap_and_the_position_account_of_that_currency_only() -> None:
    plan = from_bank({PAYER: Decimal(-5)})
    payer = of(plan, PAYER)
    assert (payer.funds, payer.liquidity_expected, payer.cap_after, payer.disable) == (
        *(Decimal(-5000), Decimal(0), Decimal(0)),
        True,
    )
    assert payer.account.account_id == PAYER
    assert [each.account.account_id for each in plan.adjustments if each.disable] == [PAYER]
    assert plan.differences == ()


def test_an_unticked_raise_leaves_a_cap_below_the_balance() -> None:
    assert of(from_bank({}, Options(True, False, True)), PAYER).cap_after is None


def test_when_liquidity_is_not_set_nothing_is_held_against_the_bank() -> None:
    assert from_bank({PAYER: Decimal(1)}, Options(set_liquidity=False)).differences == ()


def test_of_an_account_that_is_committed_the_bank_is_expected_to_hold_what_the_hub_does() -> None:
    held = moved_on(settlement(), SettlementState.PS_TRANSFERS_COMMITTED)
    plan = plan_from_bank(held, ledger(), EVERYTHING, dict.fromkeys(NETS, Decimal(5000)))
    assert plan.differences == ()


def test_a_transfer_id_is_the_same_on_every_run_and_another_for_every_other_movement() -> None:
    ids = {transfer_id(s, a, step) for s in (1, 11) for a in (1, 11) for step in Step}
    assert len(ids) == 16
    assert transfer_id(7, 3, Step.FUNDS_OUT) == "7666bd61-084b-508c-a882-168387824ac5"
    assert all(UUID(each).version == 5 and each == each.lower() for each in ids)


@st.composite
def settlements(draw: st.DrawFn) -> tuple[Settlement, Ledger]:
    """Whatever was transferred between participants who can pay, netted, with their ledger."""
    moves = draw(st.lists(st.tuples(NAMES, NAMES, CURRENCIES, AMOUNTS), min_size=1, max_size=20))
    nets: dict[tuple[str, str], Decimal] = {}
    for payer, payee, currency, amount in moves:
        nets[payer, currency] = nets.get((payer, currency), Decimal(0)) + amount
        nets[payee, currency] = nets.get((payee, currency), Decimal(0)) - amount
    held, books, caps = [], [], []
    for number, ((name, currency), net) in enumerate(nets.items(), 1):
        held.append(SettlementAccount(1, name, number * 2, currency, net, SettlementState.PS_TRANSFERS_RESERVED))
        books.append(LedgerAccount(name, number * 2, POSITION, currency, True, net))
        spare = draw(AMOUNTS)
        books.append(LedgerAccount(name, number * 2 + 1, SETTLEMENT, currency, True, -(max(net, Decimal(0)) + spare)))
        caps.append(Cap(name, currency, draw(AMOUNTS)))
    return settlement(*held), Ledger(books, caps)


@given(settlements(), OPTIONS)
def test_what_goes_out_is_what_comes_in_and_every_account_ends_where_it_is_expected(
    drawn: tuple[Settlement, Ledger], options: Options
) -> None:
    plan = plan_from_nets(*drawn, options)
    assert len(plan.adjustments) == len(drawn[0].accounts)
    assert not any(plan.sums.values())
    assert plan.obstacles == ()
    for each in plan.adjustments:
        assert each.liquidity_expected == each.liquidity_before + each.funds
        assert each.liquidity_expected >= 0
        assert each.funds in (0, -each.net)


@given(settlements(), OPTIONS)
def test_senders_always_come_before_recipients(drawn: tuple[Settlement, Ledger], options: Options) -> None:
    plan = plan_from_nets(*drawn, options)
    out_first = [(each.funds > 0, each.funds == 0) for each in plan.adjustments]
    assert [late for late, _ in out_first] == sorted(late for late, _ in out_first)
    if not options.set_liquidity:
        owing = [not each.account.owes for each in plan.adjustments]
        assert owing == sorted(owing)


@given(settlements(), OPTIONS, st.data())
def test_whatever_the_bank_holds_a_cap_is_never_set_above_what_the_hub_will_hold(
    drawn: tuple[Settlement, Ledger], options: Options, data: st.DataObject
) -> None:
    held, books = drawn
    balances = {each.account_id: data.draw(AMOUNTS) - data.draw(AMOUNTS) for each in held.accounts}
    plan = plan_from_bank(held, books, options, balances)
    for each in plan.adjustments:
        assert each.liquidity_expected == each.liquidity_before + each.funds
        assert each.cap_after is None or 0 <= each.cap_after <= max(each.liquidity_expected, Decimal(0))
        assert each.disable == (balances[each.account.account_id] < 0)
    for difference in plan.differences:
        assert difference.expected + difference.funds == difference.bank
        assert difference.funds
