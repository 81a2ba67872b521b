"""A settlement's states, sums and models: what follows what, what adds up, and what can be settled together."""

from dataclasses import replace
from decimal import Decimal

import pytest

from microfrontends.settlement.domain.settlements import Offer, SettlementModel, SettlementState, WindowContent, offered
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.tests.settled_books import account, settlement

S = SettlementState
USD = SettlementModel("DEFERREDNETUSD", "USD", True, True, True)
XOF = SettlementModel("DEFERREDNETXOF", "XOF", True, True, True)
DEFAULT = SettlementModel("DEFERREDNET", None, True, True, True)


def content(window: int, currency: str, state: WindowState = WindowState.CLOSED) -> WindowContent:
    return WindowContent(window, currency, "POSITION", state)


def test_states_rank_as_the_hub_passes_through_them_and_nothing_aborted_counts_as_committed() -> None:
    assert sorted(S, key=lambda each: each.rank)[1:] == list(S)[:-1]
    assert S.ABORTED.rank < S.PENDING_SETTLEMENT.rank
    assert [each for each in S if each.over] == [S.SETTLED, S.ABORTED]


def test_totals_are_what_the_net_senders_owe_in_each_currency() -> None:
    assert settlement().totals == {"BHD": Decimal("1.234"), "JPY": Decimal(1000), "USD": Decimal("120.25")}
    assert settlement().imbalance == {}


def test_a_currency_that_does_not_add_up_says_by_how_much() -> None:
    wrong = settlement(account(3), replace(account(5), net=Decimal(-120)), account(7), account(9))
    assert wrong.imbalance == {"USD": Decimal("0.25")}


def test_several_models_are_offered_for_one_window_each_with_its_own_currency() -> None:
    contents = [content(1, "USD"), content(1, "XOF"), content(2, "USD")]
    assert offered(contents, [XOF, USD]) == (Offer(USD, (1, 2), ("USD",)), Offer(XOF, (1,), ("XOF",)))


def test_a_model_without_a_currency_takes_those_that_no_model_names_be_it_active_or_not() -> None:
    contents = [content(1, "USD"), content(1, "XOF"), content(1, "EUR")]
    idle = replace(XOF, active=False)
    assert [(each.model.name, each.currencies) for each in offered(contents, [DEFAULT, USD, idle])] == [
        ("DEFERREDNET", ("EUR",)),
        ("DEFERREDNETUSD", ("USD",)),
    ]


@pytest.mark.parametrize("state", [WindowState.PENDING_SETTLEMENT, WindowState.SETTLED, WindowState.PROCESSING])
def test_what_is_settled_already_or_still_added_up_is_not_offered(state: WindowState) -> None:
    assert offered([content(1, "USD", state)], [USD]) == ()


def test_what_was_aborted_can_be_settled_again() -> None:
    assert offered([content(1, "USD", WindowState.ABORTED)], [USD]) == (Offer(USD, (1,), ("USD",)),)


def test_a_model_settles_accounts_of_its_own_type_only() -> None:
    assert offered([WindowContent(1, "USD", "INTERCHANGE_FEE", WindowState.CLOSED)], [USD, DEFAULT]) == ()
