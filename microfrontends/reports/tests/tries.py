"""How often isolation was tried, over all modules that try it, and how often something leaked."""

from collections import Counter
from collections.abc import Sequence

from tests.figures import figure

_told: Counter[str] = Counter()


def tell(leaked: Sequence[bool]) -> None:
    """Add tries to the figures: for each, whether it leaked."""
    _told.update(tries=len(leaked), leaks=sum(leaked))
    figure("isolation_tries", str(_told["tries"]))
    figure("isolation_leaks", str(_told["leaks"]))
