"""Decides what a trace is told of: who asked within which request, told to a collector where one is configured."""

import random
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog

# W3C trace context, version 00; an id of nothing but zeros is none.
_PARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
Facts = Mapping[str, str | int]


class Heard(NamedTuple):
    """What a request says of the trace that it belongs to."""

    trace_id: str
    span_id: str
    sampled: bool

    @classmethod
    def of(cls, traceparent: str) -> "Heard | None":
        """None where it says nothing that can be gone on with."""
        found = _PARENT.fullmatch(traceparent) if traceparent else None
        return cls(found[1], found[2], bool(int(found[3], 16) & 1)) if found else None


class Step(NamedTuple):
    """One call to somebody else, made within a request; its own span is the parent of what happens there."""

    trace_id: str
    parent_id: str
    span_id: str
    sampled: bool

    @classmethod
    def within(cls, trace_id: str, parent_id: str, *, sampled: bool = True) -> "Step":
        """A new one."""
        return cls(trace_id, parent_id, f"{random.getrandbits(64) or 1:016x}", sampled)  # a name, no secret

    @property
    def traceparent(self) -> str:
        """What the call says of it."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that is over now and took so many seconds. `server`: a request answered; else a call made."""

    app: str
    name: str
    step: Step
    seconds: float
    facts: Facts
    server: bool = False
    failed: str = ""


Tell = Callable[[Span], None]
_tell: Tell | None = None
# Seconds and number of the calls that were made within the present request.
_spent: ContextVar[list[float] | None] = ContextVar("spent_in_calls", default=None)


def tell_to(tell: Tell | None) -> None:
    """From now on the spans of this process go there; None is nowhere."""
    global _tell
    _tell = tell


def wanted() -> bool:
    """Whether anybody wants spans. Without it nothing of them is made."""
    return _tell is not None


def tell(span: Span) -> None:
    """Something is over."""
    if _tell is not None and span.step.sampled:
        _tell(span)


def begin() -> None:
    """A request begins here: what it spends in calls is added up from now on."""
    _spent.set([])


def spent() -> tuple[float, int]:
    """Seconds that the present request has spent in calls, and how many."""
    each = _spent.get() or ()
    return sum(each), len(each)


class Calling:
    """A call about to be made in the present request, which logs know by its ids."""

    def __init__(self) -> None:
        bound = structlog.contextvars.get_contextvars()
        trace, sampled = str(bound.get("trace_id", "")), bound.get("sampled", True)
        self._app, self._began = str(bound.get("app", "")), time.monotonic()
        self._step = Step.within(trace, str(bound.get("span_id", "")), sampled=bool(sampled)) if trace else None

    @property
    def headers(self) -> dict[str, str]:
        """What the call carries of it."""
        return {"traceparent": self._step.traceparent} if self._step else {}

    def over(self, name: str, facts: Facts, failed: str = "") -> float:
        """It was answered, or was not. Returns the seconds that it took."""
        seconds = time.monotonic() - self._began
        each = _spent.get()
        if each is not None:
            each.append(seconds)
        if self._step and wanted():
            tell(Span(self._app, name, self._step, seconds, facts, failed=failed))
        return seconds
