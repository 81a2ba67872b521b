"""Decides what a page tells its reader of the time that its parts took: `Server-Timing`, an entry for each of them.

Entries bear the names of apps, which whoever sees their areas knows; what an app says of itself stands under its name.
"""

import re
from collections.abc import Sequence
from typing import Final

from shell.fragments import Filled

MOST: Final = 8  # entries that an app may add of its own
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_DURATION: Final = re.compile(r";\s*dur=([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(?:;|$)")
_MEANING: Final = re.compile(r';\s*desc=("[A-Za-z0-9 _.,:/()-]{0,60}"|[A-Za-z0-9_.-]{1,60})\s*(?:;|$)')


def entries(filled: Sequence[Filled]) -> list[str]:
    """One for each area that is filled."""
    return [entry(each.area.app.name, each.seconds, each.state, each.timing) for each in filled]


def entry(name: str, seconds: float, state: str, own: str = "") -> str:
    """What an app took, and, under its name, what it says that it spent that on."""
    said = f"{name};dur={seconds * 1000:.1f};desc={state}"
    return f"{said}, {under(name, own)}" if own else said


def under(name: str, own: str) -> str:
    """The entries of an app's own `Server-Timing` that are well-formed, each named after the app."""
    kept = []
    for each in own.split(",", MOST)[:MOST]:
        called = each.partition(";")[0].strip()
        if _NAME.fullmatch(called):
            took, means = _DURATION.search(each), _MEANING.search(each)
            facts = (f";dur={took[1]}" if took else "") + (f";desc={means[1]}" if means else "")
            kept.append(f"{name}.{called}{facts}")
    return ", ".join(kept) or name
