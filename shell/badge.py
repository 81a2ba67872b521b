"""Decides how many tasks the badge says wait for a person: asked of the apps, and remembered for a few seconds."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bff.identity.principal import Identity
from shell.platform import Platform
from shell.tasks import Show, gather

KEPT_SECONDS: Final = 5.0
LARGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many tasks wait for a person; not `whole` when an app was silent."""

    count: int
    whole: bool


class Badge:
    """What was counted for whom. Any change in the person's rights counts anew, for it is another identity."""

    def __init__(self, platform: Platform, clock: Callable[[], float] = time.monotonic) -> None:
        self._platform, self._clock = platform, clock
        self._kept: dict[Identity, tuple[float, Waiting]] = {}
        self._lock = threading.Lock()

    def waiting(self, identity: Identity) -> Waiting:
        """The count, as old as KEPT_SECONDS at most."""
        now = self._clock()
        until, known = self._kept.get(identity, (0.0, None))
        if known and until > now:
            return known
        listed = gather(self._platform, identity, Show.WAITING, most=1)
        counted = Waiting(sum(each.waiting for each in listed), not any(each.away for each in listed))
        with self._lock:
            self._kept.pop(identity, None)
            while len(self._kept) >= LARGEST:
                del self._kept[next(iter(self._kept))]
            self._kept[identity] = (now + KEPT_SECONDS, counted)
        return counted

    def forget(self, identity: Identity) -> None:
        """Count anew next time: something was decided."""
        with self._lock:
            self._kept.pop(identity, None)
