"""The reason that the hub keeps says who and why, and fits."""

import pytest

from microfrontends.settlement.domain.reason import LONGEST, LONGEST_TYPED, reason_for, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("End of day", "End of day (olivia)"),
        ("  End\r\nof   day ", "End of day (olivia)"),
        ("", "Closed by hand (olivia)"),
        ("   ", "Closed by hand (olivia)"),
        ("Fin de journée à 18 h", "Fin de journée à 18 h (olivia)"),
    ],
)
def test_the_reason_names_the_person(typed: str, kept: str) -> None:
    assert reason_for(typed, ["olivia"]) == kept


@pytest.mark.parametrize("username", ["o", "o" * 254, "o" * 1000])
@pytest.mark.parametrize("typed", ["", "x" * LONGEST_TYPED, "é" * 5000])
def test_the_reason_fits_the_hubs_column_whatever_was_typed(typed: str, username: str) -> None:
    assert len(reason_for(typed, [username])) <= LONGEST


def test_line_breaks_become_spaces() -> None:
    assert tidy("a\r\n\tb") == "a b"
