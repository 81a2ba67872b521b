"""Money is exact and stays with its currency."""

from decimal import Decimal

import pytest

from bff.money import Money, scale


def test_the_scale_is_the_one_that_iso_4217_gives() -> None:
    assert (scale("XOF"), scale("USD"), scale("BHD"), scale("MMK"), scale("IQD")) == (0, 2, 3, 2, 3)


def test_amounts_of_one_currency_add_exactly() -> None:
    assert Money("USD", Decimal("0.10")) + Money("USD", Decimal("0.20")) == Money("USD", Decimal("0.30"))


def test_amounts_of_two_currencies_do_not_add() -> None:
    with pytest.raises(ValueError, match="USD and XOF do not add"):
        Money("USD", Decimal(1)) + Money("XOF", Decimal(1))


def test_digits_beyond_the_scale_are_kept_not_rounded_away() -> None:
    assert str(Money("USD", Decimal("5")).at_scale()) == "5.00"
    assert str(Money("USD", Decimal("1.2345")).at_scale()) == "1.2345"
