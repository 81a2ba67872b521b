"""Decides who asks too often: counted together in Redis where there is one, else by each process for itself."""

import math
import re
import threading
import time
from typing import Any, Final

from bff.errors import TooOften

_FORM: Final = re.compile(r"\s*[0-9]+\s*(per|/)\s*[0-9]*\s*(second|minute|hour|day|month|year)s?\s*")


class Rate:
    """How often one thing may be done by each: `rate` as in "30 per minute", `what` is its name in the store.

    The counting library is loaded by whoever is counted first, for most processes never count anybody."""

    def __init__(self, rate: str, redis_url: str, what: str) -> None:
        if not _FORM.fullmatch(rate):
            raise ValueError(f"{rate!r} is no rate; write one like 30 per minute")
        self._rate, self._what, self._storage = rate, what, redis_url or "memory://"
        self._counting: tuple[Any, Any] | None = None
        self._lock = threading.Lock()

    def spend(self, *who: str) -> None:
        """Count one time. Raises TooOften."""
        limiter, rate = self._counting or self._begun()
        if not limiter.hit(rate, self._what, *who):
            until = limiter.get_window_stats(rate, self._what, *who).reset_time
            raise TooOften(max(1, math.ceil(until - time.time())))

    def _begun(self) -> tuple[Any, Any]:
        import limits
        from limits.storage import storage_from_string
        from limits.strategies import FixedWindowRateLimiter

        with self._lock:
            if self._counting is None:
                self._counting = FixedWindowRateLimiter(storage_from_string(self._storage)), limits.parse(self._rate)
            return self._counting
