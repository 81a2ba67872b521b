"""Decides what a library goes without while it is loaded, where it would load more merely because that is installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast


@contextmanager
def absent(name: str) -> Iterator[None]:
    """Within it an optional package cannot be found, unless somebody else has loaded it already."""
    if name in sys.modules:
        yield
        return
    modules = cast("dict[str, object]", sys.modules)
    modules[name] = None  # which is how Python is told that there is none
    try:
        yield
    finally:
        del modules[name]
