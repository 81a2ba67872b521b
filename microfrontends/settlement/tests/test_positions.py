"""What a window holds adds up, exactly, and says so when it does not."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from microfrontends.settlement.domain.positions import NetPosition, holdings, nets_by_participant, transfers_in

AMOUNTS = st.decimals("0.0001", "99999999999999.9999", places=4)
NAMES = st.sampled_from(["payerfsp", "payeefsp", "testfsp1", "demomfi"])


def test_holdings_stand_by_currency_and_participant() -> None:
    one = NetPosition("XOF", "payerfsp", 1, Decimal(500), Decimal(0))
    two = NetPosition("USD", "testfsp1", 0, Decimal(0), Decimal("12.5"))
    three = NetPosition("USD", "payerfsp", 1, Decimal("12.5"), Decimal(0))
    held = holdings([one, two, three])
    assert [(each.currency, [p.participant for p in each.positions]) for each in held] == [
        ("USD", ["payerfsp", "testfsp1"]),
        ("XOF", ["payerfsp"]),
    ]
    assert [(each.transfers, each.amount) for each in held] == [(1, Decimal("12.5")), (1, Decimal(500))]
    assert transfers_in(held) == 2


def test_whoever_sent_more_than_it_received_owes() -> None:
    assert NetPosition("USD", "a", 2, Decimal("150.25"), Decimal(30)).net == Decimal("120.25")
    assert NetPosition("USD", "b", 1, Decimal(30), Decimal("150.25")).net == Decimal("-120.25")


def test_an_imbalance_shows() -> None:
    (held,) = holdings([NetPosition("USD", "payerfsp", 1, Decimal(10), Decimal(0))])
    assert held.imbalance == Decimal(10)


def test_the_matrix_has_every_participant_and_a_zero_where_it_took_no_part() -> None:
    one = NetPosition("USD", "payerfsp", 1, Decimal(5), Decimal(0))
    two = NetPosition("XOF", "demomfi", 0, Decimal(0), Decimal(9))
    assert nets_by_participant(holdings([one, two])) == [
        ("demomfi", (Decimal(0), Decimal(-9))),
        ("payerfsp", (Decimal(5), Decimal(0))),
    ]


def test_nothing_held_is_no_holding() -> None:
    assert holdings([]) == ()
    assert transfers_in(()) == 0


@given(st.lists(st.tuples(NAMES, NAMES, AMOUNTS), min_size=1))
def test_whatever_was_transferred_the_net_positions_add_up_to_zero(moves: list[tuple[str, str, Decimal]]) -> None:
    entries = [NetPosition("USD", payer, 1, amount, Decimal(0)) for payer, _, amount in moves]
    entries += [NetPosition("USD", payee, 0, Decimal(0), amount) for _, payee, amount in moves]
    (held,) = holdings(entries)
    assert held.imbalance == 0
    assert sum(each.net for each in held.positions) == 0
    assert held.transfers == len(moves)
