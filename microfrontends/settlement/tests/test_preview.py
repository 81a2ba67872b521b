"""What settling would do is said beforehand: sums, liquidity and caps after, and who could send no more."""

import time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from microfrontends.settlement.domain.ledger import POSITION, SETTLEMENT, Cap, LedgerAccount
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.preview import Line, preview
from tests.figures import figure

AMOUNTS = st.decimals("0.0001", "99999999.9999", places=4)
NAMES = st.sampled_from(["payerfsp", "payeefsp", "testfsp1", "demomfi"])
CURRENCIES = st.sampled_from(["USD", "XOF"])


def net(participant: str, amount: str, currency: str = "USD") -> NetPosition:
    return NetPosition(currency, participant, 1, Decimal(amount), Decimal(0))


def books(position: str, liquidity: str, reserved: str = "0", name: str = "payerfsp") -> list[LedgerAccount]:
    return [
        LedgerAccount(name, 1, POSITION, "USD", True, Decimal(position), Decimal(reserved)),
        LedgerAccount(name, 2, SETTLEMENT, "USD", True, -Decimal(liquidity)),
    ]


def line_of(amount: str, other: str, held: list[LedgerAccount], cap: str | None = None) -> Line:
    caps = [] if cap is None else [Cap("payerfsp", "USD", Decimal(cap))]
    (line,) = preview([net("payerfsp", amount)], held, caps, [net("payerfsp", other)]).lines
    return line


def test_a_net_sender_pays_out_of_its_liquidity_and_its_position_comes_down() -> None:
    line = line_of("120.25", "0", books("120.25", "5000"), "1000")
    assert (line.liquidity, line.liquidity_after) == (Decimal(5000), Decimal("4879.75"))
    assert (line.exposure, line.exposure_after) == (Decimal("120.25"), Decimal(0))
    assert line.headroom_after == Decimal(1000)
    assert not line.over_cap
    assert not line.over_cover


def test_settling_a_window_in_which_it_received_uncovers_what_it_owes_in_the_one_that_stays_open() -> None:
    line = line_of("-100", "150", books("50", "20"), "60")
    assert line.exposure_after == Decimal(150)
    assert (line.over_cap, line.over_cover, line.over_now) == (True, True, True)
    assert line_of("-100", "150", books("50", "200"), "60").over_now is False
    assert line.headroom_after == 0


def test_cover_counts_what_is_paid_in_by_the_settlement() -> None:
    line = line_of("-100", "150", books("50", "60"), "1000")
    assert line.liquidity_after == Decimal(160)
    assert not line.over_cover


def test_a_sender_without_the_liquidity_to_pay_is_at_risk_though_it_owes_nothing_afterwards() -> None:
    assert line_of("120", "0", books("120", "100")).over_cover


def test_what_is_reserved_counts_as_the_hub_counts_it() -> None:
    assert line_of("100", "0", books("100", "5000", "70"), "60").over_cap


def test_the_windows_count_where_the_ledger_has_less_than_they_hold() -> None:
    assert line_of("100", "80", books("100", "5000"), "60").exposure_after == Decimal(80)


def test_a_model_that_does_not_reset_positions_leaves_them() -> None:
    (line,) = preview([net("payerfsp", "100")], books("100", "5000"), [], [], resets=False).lines
    assert line.exposure_after == Decimal(100)


def test_whom_the_ledger_does_not_know_is_named_and_not_counted_as_nothing() -> None:
    seen = preview([net("payerfsp", "100")], [], [], [])
    assert [line.participant for line in seen.without_liquidity] == ["payerfsp"]
    assert seen.lines[0].liquidity_after is None
    assert seen.lines[0].headroom_after is None
    assert seen.at_risk == ()


def test_the_windows_of_one_participant_are_added_up() -> None:
    seen = preview([net("payerfsp", "100"), net("payerfsp", "-30"), net("payeefsp", "-70")], [], [], [])
    assert [(line.participant, line.net) for line in seen.lines] == [
        ("payeefsp", Decimal(-70)),
        ("payerfsp", Decimal(70)),
    ]
    assert seen.balanced
    assert seen.totals == {"USD": Decimal(70)}


def test_an_imbalance_shows_in_its_currency() -> None:
    seen = preview([net("payerfsp", "100"), net("payeefsp", "-99.99"), net("payerfsp", "5", "XOF")], [], [], [])
    assert seen.sums == {"USD": Decimal("0.01"), "XOF": Decimal(5)}
    assert not seen.balanced


@given(st.lists(st.tuples(NAMES, NAMES, CURRENCIES, AMOUNTS), min_size=1))
def test_whatever_was_transferred_the_nets_of_a_preview_add_up_to_zero(
    moves: list[tuple[str, str, str, Decimal]],
) -> None:
    nets = [NetPosition(currency, payer, 1, amount, Decimal(0)) for payer, _, currency, amount in moves]
    nets += [NetPosition(currency, payee, 0, Decimal(0), amount) for _, payee, currency, amount in moves]
    seen = preview(nets, [], [], [])
    assert seen.balanced
    assert sum(line.net for line in seen.lines) == 0
    assert all(total >= 0 for total in seen.totals.values())


def test_two_hundred_participants_in_three_currencies_are_measured() -> None:
    names, currencies = [f"dfsp{number:03}" for number in range(200)], ["USD", "XOF", "BHD"]
    held, caps, nets, others = [], [], [], []
    for number, (name, currency) in enumerate((name, currency) for name in names for currency in currencies):
        amount = Decimal(number // 3 + 1) * (1 if number // 3 % 2 else -1)
        held.append(LedgerAccount(name, number * 2, POSITION, currency, True, amount))
        held.append(LedgerAccount(name, number * 2 + 1, SETTLEMENT, currency, True, Decimal(-5000)))
        caps.append(Cap(name, currency, Decimal(1000)))
        nets.append(NetPosition(currency, name, 1, amount, Decimal(0)))
        others.append(NetPosition(currency, name, 1, Decimal(7), Decimal(0)))
    begun = time.perf_counter()
    seen = preview(nets, held, caps, others)
    risky, sums = seen.at_risk, seen.sums
    figure("preview_200_participants_ms", f"{(time.perf_counter() - begun) * 1000:.1f}", "ms")
    assert len(seen.lines) == 600
    assert len(sums) == 3
    assert risky == ()
