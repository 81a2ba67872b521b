"""A first page load stays light: at most 60 kB in all, of which these files may take 30."""

import brotli
import pytest

import static

BUDGETS = {"app.css": 9 * 1024, "portal.js": 5.5 * 1024, "icons.svg": 4 * 1024, "htmx.min.js": 13 * 1024}


def weight(name: str) -> int:
    """Bytes over the wire."""
    return len(brotli.compress(static.ASSETS[name].path.read_bytes(), quality=11))


@pytest.mark.parametrize("name", BUDGETS)
def test_a_file_keeps_to_its_budget(name: str) -> None:
    assert weight(name) <= BUDGETS[name]


def test_all_files_together_keep_to_theirs() -> None:
    assert sum(weight(name) for name in static.ASSETS) <= 30 * 1024
