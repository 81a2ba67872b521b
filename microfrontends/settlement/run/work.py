"""One holder's work at a run: what it works with, how long it waits, and the ways in which it may end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from bff.errors import HubRefused, HubUnavailable
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.run.journal import Journal
from microfrontends.settlement.run.records import Step

LOOKS_AT_ONCE = 2  # before a wait is shown as one
DATABASE_REST = 15.0  # seconds


@dataclass(frozen=True)
class Patience:
    """In seconds: how often the hub is looked at, and how long for what it has taken, and for what it may have taken.

    `tries`: how often in all something is sent whose fate is not known, where the hub does it once in any case.
    """

    poll: float = 0.25
    longest_poll: float = 2.0
    taken: float = 60.0
    in_doubt: float = 5.0
    adding_up: float = 900.0
    pause: float = 1.0
    tries: int = 3


class Interrupted(Exception):
    """The worker was asked to stop: the run stays RUNNING, and another worker goes on with it."""


class Stopped(Exception):
    """The run cannot go on without a person; `sentence` says why."""

    def __init__(self, sentence: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class GivenUp(Stopped):
    """What the run was for cannot be done any more, and nothing of it is under way."""


@dataclass
class Work:
    """The hub, the journal, and what the settlement was when it was read last."""

    hub: Hub
    journal: Journal
    patience: Patience
    stopping: threading.Event
    settlement: Settlement | None = None
    accounts: dict[int, SettlementAccount] = field(default_factory=dict)
    standing: dict[int, SettlementState] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)  # of transfers, as the hub's database had them at the start
    amounts: dict[str, Decimal] = field(default_factory=dict)  # likewise
    _silent_until: float = 0.0

    def database_failed(self) -> None:
        """Do not wait for the hub's database again for a while."""
        self._silent_until = time.monotonic() + DATABASE_REST

    def database_away(self) -> bool:
        """Whether the hub's database did not answer a moment ago."""
        return time.monotonic() < self._silent_until

    def look(self) -> Settlement:
        """Read the settlement. Raises GivenUp where there is none."""
        number = self.journal.run.settlement_id or 0
        found = self.hub.settlement(number)
        if found is None:
            raise GivenUp(_l("The hub has no settlement %(id)s.", id=number))
        self.settlement, self.accounts = found, {each.account_id: each for each in found.accounts}
        self.standing = {each.account_id: each.state for each in found.accounts}
        return found

    def wait_for(
        self, seen: Callable[[], bool], seconds: float, meanwhile: Callable[[], object] = lambda: None
    ) -> bool:
        """Look until it is seen or the time is over; `meanwhile` is done once if it takes long. Raises Interrupted."""
        deadline, pause, looks = time.monotonic() + seconds, self.patience.poll, 0
        while True:
            self.pause(pause)
            if seen():
                return True
            looks += 1
            if looks == LOOKS_AT_ONCE:
                meanwhile()
            if time.monotonic() >= deadline:
                return False
            pause = min(pause * 1.5, self.patience.longest_poll)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while. Raises Interrupted."""
        if self.stopping.wait(seconds):
            raise Interrupted

    def put(self, step: Step, send: Callable[[], object], seen: Callable[[], bool], **facts: Any) -> bool:
        """Bring about what the hub does while it answers: sent again only where reading shows that it is not so."""
        problem: Exception | None = None
        for _ in range(self.patience.tries):
            if step.sent_at and seen():
                break
            (step,) = self.journal.sends([step], **facts)
            problem = self.sent(send)
            if problem is None:
                break
            if isinstance(problem, HubRefused) and problem.status < 500:
                self.journal.refused(step, problem)
                return False
            self.pause(self.patience.pause)
        else:
            if not seen():
                self.give_in(step, problem)
                return False
        self.journal.done([step], found=step.expected)
        return True

    def sent(self, send: Callable[[], object]) -> HubRefused | HubUnavailable | None:
        """Send; what came back instead of a yes. Raises HubUnavailable when nothing was sent: then nothing else is."""
        try:
            send()
        except HubRefused as refusal:
            return refusal
        except HubUnavailable as silence:
            if not silence.sent:
                raise
            return silence
        return None

    def give_in(self, step: Step, problem: Exception | None) -> None:
        """Keep why a step was not done, however often it was tried."""
        if isinstance(problem, HubRefused):
            self.journal.refused(step, problem)
        else:
            self.journal.fails(step, _l("The hub did not answer, and does not show it."))
