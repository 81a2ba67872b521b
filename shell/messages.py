"""What is asked of an upstream, what it answers, and the ways in which it does not."""

from dataclasses import dataclass
from enum import StrEnum
from socket import socket
from typing import NamedTuple, Protocol

from bff.tracing import Step
from shell.connections import Origin


class Reason(StrEnum):
    """Why there is no answer."""

    REFUSED = "refused"  # no connection: nothing was sent
    LATE = "late"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    ABANDONED = "abandoned"  # the browser left before its request was complete
    OPEN = "open"  # not asked: it has failed too often of late
    FULL = "full"  # not asked: as many requests are under way as it is given at once


class UpstreamError(Exception):
    """An upstream gave no usable answer; `sent` tells whether it may have received the request."""

    def __init__(self, reason: Reason, detail: str, *, sent: bool) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.sent = sent
        self.seconds = 0.0


class Source(Protocol):
    """Where a request body is read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Body:
    """A request body of known length."""

    source: Source
    length: int


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of an origin; `headers` without Host and framing, which are the client's own.

    What goes up is `content` where it is small and at hand, else `body`, which only `stream` sends."""

    origin: Origin
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    body: Body | None = None
    content: bytes = b""
    step: Step | None = None  # of the trace that it belongs to

    def head(self) -> bytes:
        """Raises ValueError rather than let a value end its line."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.origin.authority}", "Accept-Encoding: identity"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if not self.repeatable:
            lines.append(f"Content-Length: {self.body.length if self.body else len(self.content)}")
        text, ends = "\r\n".join(lines), len(lines) - 1
        # No line holds an end of its own where there are as many as there have to be.
        if " " in self.target or "\0" in text or text.count("\r") != ends or text.count("\n") != ends:
            raise ValueError("a request line or header holds a control character")
        return (text + "\r\n\r\n").encode("latin-1")

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.body is None and not self.content and self.method in ("GET", "HEAD")


class Reply(NamedTuple):
    """A whole response, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: until the head, or all of a page; between two pieces of a stream; while connections are refused."""

    head: float
    stall: float
    patience: float = 0.0
    browser: socket | None = None  # whoever waits: once it has left, nothing is waited for any more
