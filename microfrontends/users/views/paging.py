"""Pages of a list that are counted from one: which page an address asks for, and the way to the next."""

from collections.abc import Callable
from typing import Any

PAGE = 50


def page_number(text: str) -> int:
    """The page that an address asks for; the first where that makes no sense."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def page_of(number: int, shown: int, total: int, address: Callable[[int], str]) -> dict[str, Any] | None:
    """What the piece `table` takes; None for a page without rows."""
    start = (number - 1) * PAGE
    if not shown:
        return None
    return {
        "first": start + 1,
        "last": start + shown,
        "total": total,
        "previous": address(number - 1) if number > 1 else None,
        "next": address(number + 1) if start + shown < total else None,
    }
