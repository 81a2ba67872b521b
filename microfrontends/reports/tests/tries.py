"""How often isolation was tried, over all modules that try it, and how often something leaked."""

from collections.abc import Sequence

from tests.figures import count


def tell(leaked: Sequence[bool]) -> None:
    """Add tries to the figures: for each, whether it leaked."""
    count("isolation_tries", len(leaked))
    count("isolation_leaks", sum(leaked))
