"""Every ink is legible on every ground it stands on, in both themes: 4.5 to 1 for text, 3 to 1 for outlines."""

import re

import pytest

import static

CSS = static.ASSETS["app.css"].path.read_text("utf-8")
TOKENS = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)}
TOKENS["production-ink"] = ("#ffffff", "#ffffff")
GROUNDS = ("ground", "ground-2", "ground-3")
TONES = ("ok", "attention", "danger", "info")
TEXT = [
    *[(ink, ground) for ink in ("ink", "ink-2") for ground in GROUNDS],
    *[("ink-3", ground) for ground in GROUNDS],
    *[(ink, ground) for ink in ("accent", "accent-2") for ground in GROUNDS],
    *[(tone, f"{tone}-soft") for tone in TONES],
    *[(tone, ground) for tone in TONES for ground in ("ground", "ground-2")],
    *[(ink, f"{tone}-soft") for ink in ("ink", "ink-2", "accent") for tone in TONES],
    ("accent-2", "accent-soft"),
    ("ink", "accent-soft"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-2"),
    ("sandbox", "ground-2"),
    ("test", "ground-2"),
    ("production-ink", "production"),
]
OUTLINES = [("line-2", "ground"), ("accent", "ground"), ("danger", "ground"), ("production", "ground-2")]


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_legible_on_its_ground(ink: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), OUTLINES)
def test_outlines_of_what_can_be_used_are_seen(line: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[line][theme], TOKENS[ground][theme]) >= 3


def test_the_measure_itself_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
