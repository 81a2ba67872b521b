"""Decides how the shell asks its upstreams: all requests first, then replies as they come, by one deadline."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from shell.connections import RECEIVE_SIZE, Connection, Origin, Pool
from shell.deadlines import LateError, Steps, gather, run
from shell.http1 import Head, ProtocolError, ResponseParser

PAGE_LIMIT: Final = 8 * 1024 * 1024

_LOW_LEVEL: Final = (OSError, ProtocolError, LateError)


class Reason(StrEnum):
    """Why there is no answer."""

    REFUSED = "refused"  # no connection: nothing was sent
    LATE = "late"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    ABANDONED = "abandoned"  # the browser left before its request was complete


class UpstreamError(Exception):
    """An upstream gave no usable answer; `sent` tells whether it may have received the request."""

    def __init__(self, reason: Reason, detail: str, *, sent: bool) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.sent = sent


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

    def head(self) -> bytes:
        """Raises ValueError rather than let a value end its line."""
        fields = [("Host", self.origin.authority), ("Accept-Encoding", "identity"), *self.headers]
        if self.body is not None or not self.repeatable:
            fields.append(("Content-Length", str(self.body.length if self.body else len(self.content))))
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        if " " in self.target or any(mark in line for line in lines for mark in "\r\n\0"):
            raise ValueError("a request line or header holds a control character")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.body is None and not self.content and self.method in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response."""

    status: int
    headers: dict[str, str]
    body: bytes


class StaleError(Exception):
    """A reused connection turned out to be closed before it brought a byte."""


class Answer:
    """A response whose head has arrived and whose body is still to be read."""

    def __init__(self, pool: Pool, connection: Connection, method: str) -> None:
        self._pool = pool
        self._connection: Connection | None = connection
        self._parser = ResponseParser(method)
        self._first = b""
        self.deadline = 0.0  # monotonic; by then the head had to be here, and a page its whole body

    @property
    def head(self) -> Head:
        assert self._parser.head is not None
        return self._parser.head

    def await_head(self) -> Steps[None]:
        """Raises OSError or ProtocolError; StaleError when a reused connection brought nothing at all."""
        assert self._connection is not None
        try:
            while self._parser.head is None:
                self._first += yield from self._receive(self._connection)
        except (OSError, ProtocolError) as error:
            if self._connection.reused and not self._parser.started:
                raise StaleError from error
            raise
        if self._parser.complete:
            self._release()

    def more(self) -> Steps[bytes]:
        """The next piece of the body; empty at its end. Raises OSError or ProtocolError."""
        if self._first:
            piece, self._first = self._first, b""
            return piece
        while self._connection is not None:
            piece = yield from self._receive(self._connection)
            if self._parser.complete:
                self._release()
            if piece:
                return piece
        if not self._parser.complete:
            raise ProtocolError("the response was closed before it was read")
        return b""

    def collect(self, limit: int) -> Steps[bytes]:
        """The whole body. Raises UpstreamError past `limit`."""
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := (yield from self.more()):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise UpstreamError(Reason.TOO_LARGE, f"a page of more than {limit} bytes", sent=True)
        except _LOW_LEVEL as error:
            raise _failure(error, sent=True) from error
        finally:
            self.close()
        return b"".join(pieces)

    def read(self, limit: int = PAGE_LIMIT) -> bytes:
        """The whole body, by the deadline that the head already had to keep. Raises UpstreamError."""
        return run(self.collect(limit), self.deadline)

    def pieces(self, stall: float) -> Iterator[bytes]:
        """The body as it arrives, each piece within `stall` seconds of the last. Raises UpstreamError.

        Closing the iterator closes the upstream connection, so nobody produces for a browser that has left."""
        try:
            while piece := run(self.more(), time.monotonic() + stall):
                yield piece
        except _LOW_LEVEL as error:
            raise _failure(error, sent=True) from error
        finally:
            self.close()

    def close(self) -> None:
        """Give up what has not been read."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _receive(self, connection: Connection) -> Steps[bytes]:
        data = yield from connection.receive()
        if data:
            return self._parser.feed(data)
        self._parser.end()
        return b""

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self._parser.reusable:
            self._pool.give(connection)
        elif connection is not None:
            connection.close()


class Client:
    """Keep-alive HTTP/1.1 over a pool of connections; no thread per request."""

    def __init__(self, pool: Pool | None = None) -> None:
        self._pool = pool or Pool()

    def fetch_many(self, requests: Sequence[Request], seconds: float) -> list[Reply | UpstreamError]:
        """All of them answered within `seconds` in total: connecting, head and body. None has a `body`."""
        return gather([self._fetch(request) for request in requests], time.monotonic() + seconds)

    def stream(self, request: Request, *, seconds: float, stall: float) -> Answer:
        """The head within `seconds`, connecting included; an upload may take longer, each piece within `stall`.

        Raises UpstreamError."""
        deadline = time.monotonic() + seconds
        if request.body is None:
            answer = run(self._ask(request), deadline)
            answer.deadline = deadline
            return answer
        # The first piece is read before connecting: a slow browser holds no upstream for the sake of a small form.
        piece = _read(request.body, request.body.length, sent=False)
        try:
            connection = run(self._pool.open(request.origin), time.monotonic() + seconds)
        except _LOW_LEVEL as error:
            raise _failure(error, sent=False) from error
        answer = Answer(self._pool, connection, request.method)
        try:
            self._upload(connection, request, piece, stall)
            answer.deadline = time.monotonic() + seconds
            run(answer.await_head(), answer.deadline)
        except _LOW_LEVEL as error:
            answer.close()
            raise _failure(error, sent=True) from error
        except BaseException:
            answer.close()
            raise
        return answer

    def close(self) -> None:
        """Close what is idle."""
        self._pool.close()

    def _fetch(self, request: Request) -> Steps[Reply | UpstreamError]:
        try:
            answer = yield from self._ask(request)
            body = yield from answer.collect(PAGE_LIMIT)
        except UpstreamError as failure:
            return failure
        return Reply(answer.head.status, answer.head.headers, body)

    def _ask(self, request: Request) -> Steps[Answer]:
        """Only a bodiless GET or HEAD rides on a used connection, so only that is ever sent again."""
        sent = False
        try:
            connection = self._pool.take(request.origin) if request.repeatable else None
            if connection is not None:
                sent = True
                with contextlib.suppress(StaleError):
                    return (yield from self._speak(connection, request))
                sent = False
            connection = yield from self._pool.open(request.origin)
            sent = True
            return (yield from self._speak(connection, request))
        except _LOW_LEVEL as error:
            raise _failure(error, sent=sent) from error

    def _speak(self, connection: Connection, request: Request) -> Steps[Answer]:
        answer = Answer(self._pool, connection, request.method)
        try:
            # A failure to send on a reused connection shows again, as no byte at all, when the head is read.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                yield from connection.send(request.head() + request.content)
            yield from answer.await_head()
        except BaseException:
            answer.close()
            raise
        return answer

    def _upload(self, connection: Connection, request: Request, piece: bytes, stall: float) -> None:
        assert request.body is not None
        left = request.body.length - len(piece)
        # An upstream may refuse an upload early and close: its answer is worth more than the broken pipe.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            run(connection.send(request.head() + piece), time.monotonic() + stall)
            while left:
                piece = _read(request.body, left, sent=True)
                left -= len(piece)
                run(connection.send(piece), time.monotonic() + stall)


def _read(body: Body, left: int, *, sent: bool) -> bytes:
    piece = body.source.read(min(left, RECEIVE_SIZE))
    if left and not piece:
        raise UpstreamError(Reason.ABANDONED, "the request body ended early", sent=sent)
    return piece


def _failure(error: Exception, *, sent: bool) -> UpstreamError:
    """What went wrong below, in the words of the caller."""
    if isinstance(error, LateError):
        return UpstreamError(Reason.LATE, "no complete answer in time", sent=sent)
    reason = Reason.BROKEN if sent or isinstance(error, ProtocolError) else Reason.REFUSED
    return UpstreamError(reason, str(error), sent=sent)
