"""What is broken on purpose: which calls, the how manieth of them, and what becomes of each instead."""

import re
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self

from sandbox.hub.checks import Fields
from sandbox.hub.refusals import malformed

DEADLOCK = "Deadlock found when trying to get lock; try restarting transaction"
# Some are done to any call from outside; the others only the hub itself can do, to calls that know them.
FROM_OUTSIDE = ("refuse", "deadlock", "delay", "drop", "lose")
FROM_INSIDE = ("lag", "race", "refuse_account")
EFFECTS = (*FROM_OUTSIDE, *FROM_INSIDE)
REMEMBERED = 20_000  # calls


@dataclass
class Fault:
    """One thing that is broken. It counts the calls that fit, and strikes `times` times (0: always) from the `nth` on.

    `after`: the call has its effect first, and only its answer is refused, late or lost.
    """

    effect: str
    method: str = ""
    path: str = ".*"
    nth: int = 1
    times: int = 1
    after: bool = False
    status: int = 500
    code: str = "2001"
    text: str = "Internal server error"
    seconds: float = 1.0
    account: int = 0
    id: int = 0
    seen: int = 0
    struck: int = 0

    @classmethod
    def asked(cls, body: Any) -> Self:
        """A fault as it is asked for in JSON. Raises Refused."""
        fields = Fields(body, "effect method path nth times after status code text seconds account")
        effect = fields.choice("effect", EFFECTS)
        words: dict[str, Any] = {
            name: fields.text(name) for name in ("method", "path", "code", "text") if fields.has(name)
        }
        for name in ("nth", "times", "status", "account"):
            words |= {name: int(fields.number(name))} if fields.has(name) else {}
        if fields.has("seconds"):
            words["seconds"] = float(fields.number("seconds"))
        try:
            re.compile(words.get("path", ""))
        except re.error as problem:
            raise malformed(f'"path" is not a regular expression: {problem}') from None
        return cls(effect, after=fields.truth("after", default=False), **words)

    def strikes(self, method: str, path: str) -> bool:
        """Whether it does so at this call, which is counted when it fits."""
        if self.method not in ("", method) or not re.fullmatch(self.path, path):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.seen >= self.nth + self.times):
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The faults that are switched on, and every call since the hub began, or since the calls were last forgotten."""

    kept: dict[int, Fault] = field(default_factory=dict)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _last: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> Fault:
        """Switch one on; it gets a number."""
        with self._lock:
            self._last += 1
            fault.id = self._last
            self.kept[fault.id] = fault
        return fault

    def remove(self, number: int | None = None) -> None:
        """Switch one off, or all."""
        with self._lock:
            for each in [number] if number else list(self.kept):
                self.kept.pop(each, None)

    def striking(self, method: str, path: str) -> Fault | None:
        """The first that strikes at this call; every one that fits counts it."""
        with self._lock:
            struck = [fault for fault in self.kept.values() if fault.strikes(method, path)]
        return struck[0] if struck else None

    def note(self, method: str, path: str, fault: Fault | None) -> dict[str, Any]:
        """Remember a call; how it is answered is to be put into it: a status, or `dropped`."""
        call = {"method": method, "path": path, "answered": "", "fault": fault.id if fault else None}
        self.calls.append(call)
        return call
