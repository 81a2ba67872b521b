"""What happens when several people close one window at the same moment: as observed, three times it is closed."""

import threading
import time
from collections import Counter

from sandbox.hub.faults import DEADLOCK
from sandbox.hub.refusals import internal

TOGETHER_S = 0.25  # requests that come within this have all looked before the first of them writes
WINNERS = 3


class Race:
    """Who has looked at a window, found it open, and is about to close it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runners: Counter[int] = Counter()

    def run(self, window_id: int) -> None:
        """Wait for the others. Raises Refused, as the database does, for whoever comes fourth."""
        with self._lock:
            self._runners[window_id] += 1
            place = self._runners[window_id]
        time.sleep(TOGETHER_S)
        if place > WINNERS:
            raise internal(DEADLOCK)
