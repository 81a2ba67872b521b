"""What it means when our own store goes away under a change: it may have been kept, and then it is carried out."""

from collections.abc import Iterator
from contextlib import contextmanager

from bff.database import AWAY
from bff.errors import StoreUnavailable, Underway


@contextmanager
def underway() -> Iterator[None]:
    """From here on nobody may be told that nothing was changed. Raises Underway in place of what says so."""
    try:
        yield
    except (*AWAY, StoreUnavailable) as away:
        raise Underway("the store went away under a change") from away
