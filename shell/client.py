"""Decides how the shell asks its upstreams: all requests first, then replies as they come, by one deadline."""

import contextlib
import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from typing import Final, TypeVar

from shell.connections import RECEIVE_SIZE, Connection, Pool
from shell.deadlines import LateError, Steps, gather, run
from shell.http1 import Head, ProtocolError, ResponseParser
from shell.messages import Body, Reason, Reply, Request, UpstreamError

T = TypeVar("T")

PAGE_LIMIT: Final = 8 * 1024 * 1024
FIRST_PAUSE: Final = 0.05  # between two knocks at a door that nobody opens; doubled each time
LONGEST_PAUSE: Final = 0.4

_LOW_LEVEL: Final = (OSError, ProtocolError, LateError)


class StaleError(Exception):
    """A reused connection turned out to be closed before it brought a byte."""


class Answer:
    """A response whose head has arrived and whose body is still to be read."""

    def __init__(self, pool: Pool, connection: Connection, method: str) -> None:
        self._pool = pool
        self._connection: Connection | None = connection
        self._parser = ResponseParser(method)
        self._first = b""
        self._over: Callable[[], None] | None = None
        self.deadline = 0.0  # monotonic; by then the head had to be here, and a page its whole body

    @property
    def head(self) -> Head:
        assert self._parser.head is not None
        return self._parser.head

    def when_over(self, then: Callable[[], None]) -> None:
        """Call `then` once, when the upstream is no longer needed: all was read, or it was given up."""
        if self._connection is None:
            then()
        else:
            self._over = then

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

    def pieces(self, stall: float, browser: socket | None = None) -> Iterator[bytes]:
        """The body as it arrives, each piece within `stall` seconds of the last. Raises UpstreamError.

        Closing the iterator closes the upstream connection, so nobody produces for a browser that has left."""
        try:
            while piece := run(self.more(), time.monotonic() + stall, _leaving(browser)):
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
            self._end()

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
        self._end()

    def _end(self) -> None:
        then, self._over = self._over, None
        if then is not None:
            then()


class Client:
    """Keep-alive HTTP/1.1 over a pool of connections; no thread per request."""

    def __init__(self, pool: Pool | None = None) -> None:
        self._pool = pool or Pool()

    def fetch_many(self, requests: Sequence[Request], seconds: float) -> list[Reply | UpstreamError]:
        """All of them answered within `seconds` in total: connecting, head and body. None has a `body`."""
        return gather([self.conversation(request) for request in requests], time.monotonic() + seconds)

    def stream(
        self, request: Request, *, seconds: float, stall: float, patience: float = 0, browser: socket | None = None
    ) -> Answer:
        """The head within `seconds`, connecting included; an upload may take longer, each piece within `stall`.

        A refused connection is tried again for as long as `patience`: nothing was sent. What could be asked again is
        given up as soon as the `browser` leaves. Raises UpstreamError."""
        deadline = time.monotonic() + seconds
        patient = min(time.monotonic() + patience, deadline)
        if request.body is None:
            beside = browser if request.repeatable else None
            answer = _until(lambda: run(self._ask(request), deadline, _leaving(beside)), patient)
            answer.deadline = deadline
            return answer
        # The first piece is read before connecting: a slow browser holds no upstream for the sake of a small form.
        piece = _read(request.body, request.body.length, sent=False)
        connection = _until(lambda: self._open(request, seconds), patient)
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

    def conversation(self, request: Request) -> Steps[Reply | UpstreamError]:
        """One request answered as a whole, moved on by whoever waits for its sockets."""
        began = time.monotonic()
        try:
            answer = yield from self._ask(request)
            body = yield from answer.collect(PAGE_LIMIT)
        except UpstreamError as failure:
            failure.seconds = time.monotonic() - began
            return failure
        return Reply(answer.head.status, answer.head.headers, body, time.monotonic() - began)

    def _open(self, request: Request, seconds: float) -> Connection:
        try:
            return run(self._pool.open(request.origin), time.monotonic() + seconds)
        except _LOW_LEVEL as error:
            raise _failure(error, sent=False) from error

    def _ask(self, request: Request) -> Steps[Answer]:
        """Only a bodiless GET or HEAD rides on a used connection, so only that is ever sent again."""
        sent = False
        try:
            connection = self._pool.take(request.origin) if request.repeatable else None
            if connection is not None:
                sent = True
                try:
                    return (yield from self._speak(connection, request))
                except StaleError:
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
            yield connection.sock, selectors.EVENT_READ  # nothing can be here yet: to look first would be in vain
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


def _leaving(browser: socket | None) -> Steps[None] | None:
    """Watches over whoever waits: raises UpstreamError once it has closed its connection, and says nothing else."""
    return _watched(browser) if browser is not None else None


def _watched(browser: socket) -> Steps[None]:
    yield browser, selectors.EVENT_READ
    with contextlib.suppress(
        BlockingIOError, ValueError
    ):  # ValueError: a connection that does not let itself be peeked
        if not browser.recv(1, MSG_PEEK | MSG_DONTWAIT):
            raise UpstreamError(Reason.ABANDONED, "the browser left", sent=True)


def _until(attempt: Callable[[], T], patient: float) -> T:
    """What `attempt` brings, made again while connections are refused, until `patient` (monotonic seconds)."""
    pause = FIRST_PAUSE
    while True:
        try:
            return attempt()
        except UpstreamError as failure:
            if failure.reason is not Reason.REFUSED or time.monotonic() + pause > patient:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


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
