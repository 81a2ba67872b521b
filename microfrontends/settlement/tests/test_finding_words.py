"""Every finding and every obstacle has words, in each language, that hold its facts."""

import re
from decimal import Decimal

import pytest

from microfrontends.settlement.domain.bank_findings import Finding, Kind
from microfrontends.settlement.domain.finalisation import Hurdle, Obstacle
from microfrontends.settlement.tests.settled_books import account, answer, propose
from microfrontends.settlement.views.finding_words import CELLS, FILES, RULES, obstacle_sentence, words_of


def test_every_kind_of_finding_has_words_and_none_has_them_twice() -> None:
    assert sorted([*RULES, *CELLS, *FILES]) == sorted(Kind)


def test_a_difference_is_named_with_everything_that_makes_it() -> None:
    proposal = propose(answer(lambda book: book.worksheets[0].__setitem__("C12", "4900.00")))
    (warning,) = proposal.warnings
    assert words_of(warning).sentence == (
        "C12: the settlement bank holds 4,900.00 USD for payerfsp. Its liquidity account holds 5,000.00 and will hold "
        "4,879.75: the difference is 20.25."
    )


def test_who_is_in_arrears_is_told_what_follows() -> None:
    proposal = propose(answer(lambda book: book.worksheets[0].__setitem__("C12", "-5.00")))
    sentence = words_of(proposal.warnings[0]).sentence
    assert "in arrears by 5.00 USD" in sentence
    assert "disables" in sentence


def test_what_stands_in_a_cell_is_shown_and_cannot_break_the_sentence() -> None:
    finding = Finding(Kind.NO_BALANCE, row=9, cell="C9", facts={"held": "100%(x)s %d"})
    assert words_of(finding).sentence.endswith("It holds [100%(x)s %d].")


def test_a_finding_without_a_cell_says_that_there_is_none() -> None:
    assert words_of(Finding(Kind.ENCRYPTED)).sentence.endswith("No cell was read.")
    missing = Finding(Kind.ACCOUNT_MISSING, account=5, facts={"participant": "payeefsp", "currency": "USD"})
    assert words_of(missing).sentence.endswith("No single cell is to blame.")


@pytest.mark.parametrize("hurdle", list(Hurdle))
def test_every_obstacle_has_a_sentence(hurdle: Hurdle) -> None:
    sentence = obstacle_sentence(Obstacle(hurdle, "USD", account(3), Decimal("20.25")))
    assert "USD" in sentence
    assert not re.search(r"%\(", sentence)
