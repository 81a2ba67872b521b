"""Changes that are asked for until there is an answer, each under a key of its own, and what was answered."""

import json
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Any

from tests.chaos.people import Somebody
from tests.chaos.stage import GUESTS

AGAIN_S, MOST_OPEN = 0.5, 4
PARTICIPANTS = ("payerfsp", "payeefsp", "testfsp1", "demomfi", "greenwallet")


class Fate(StrEnum):
    """What is known of a change."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


@dataclass
class Wish:
    """One change of one app."""

    app: str
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: f"chaos-{uuid.uuid4().hex}")
    fate: Fate = Fate.OPEN
    again_at: float = 0.0


class Changing:
    """A person who asks for one change after another. What is not answered is asked for again under the same key."""

    def __init__(self, who: Somebody, wanted: Iterator[Wish | None]) -> None:
        self.who, self._wanted = who, wanted
        self.wishes: list[Wish] = []

    def turn(self) -> None:
        """One more: first what is open, then something new."""
        now, open_now = time.monotonic(), self.open
        for wish in open_now:
            if wish.again_at <= now:
                self._ask(wish)
        if len(open_now) < MOST_OPEN and (new := next(self._wanted)):
            self.wishes.append(new)
            self._ask(new)

    def settle(self) -> bool:
        """Ask for nothing new; whether all has been answered."""
        for wish in self.open:
            self._ask(wish)
        return not self.open

    @property
    def open(self) -> list[Wish]:
        """What has no answer yet."""
        return [wish for wish in self.wishes if wish.fate is Fate.OPEN]

    def _ask(self, wish: Wish) -> None:
        outcome, told = self.who.change(f"change {wish.app}", wish.path, wish.body, wish.key)
        wish.again_at = time.monotonic() + AGAIN_S
        if outcome.status in (404, 409, 422):
            wish.fate = Fate.REFUSED
        elif outcome.good:
            wish.fate = {"DONE": Fate.DONE, "FAILED": Fate.REFUSED, "STALE": Fate.REFUSED}.get(told["state"], Fate.OPEN)


def windows(hub: str) -> Iterator[Wish | None]:
    """The open window is closed, as soon as a transfer has gone into it; the key stands in the hub as the reason."""
    order = {"payerFsp": "payerfsp", "payeeFsp": "payeefsp", "amount": "12.50", "currency": "USD"}
    while True:
        found = None
        with suppress(OSError):
            _hub(hub, "/transfers", order)
            (found,) = _hub(hub, "/v2/settlementWindows?state=OPEN")
        if found is None:
            yield None
            continue
        wish = Wish("settlement", f"/settlement/api/windows/{found['settlementWindowId']}/close", {})
        wish.body["reason"] = wish.key
        yield wish


def memberships(subjects: list[str]) -> Iterator[Wish | None]:
    """Each of many people becomes a member of each participant."""
    for participant, subject in product(PARTICIPANTS, subjects):
        yield Wish("users", f"/users/api/people/{subject}/participants/add", {"participant": participant})
    while True:
        yield None


def registrations() -> Iterator[Wish | None]:
    """Micro-frontends that nobody needs are turned off and on, one after the other; none twice at a time."""
    latest: dict[str, Wish] = {}
    while True:
        for name in GUESTS:
            before = latest.get(name)
            if before and before.fate is Fate.OPEN:
                yield None
                continue
            verb = "enable" if before and before.path.endswith("/disable") else "disable"
            latest[name] = Wish("shell", f"/api/microfrontends/{name}/{verb}", {})
            yield latest[name]


def _hub(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")
