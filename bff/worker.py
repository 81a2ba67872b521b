"""Decides which requests are answered without a thread of their own: those that an app can answer by waiting alone.

Threads fight for the interpreter at every system call, and a page that is put together from other servers' answers is
little else. The main thread, which waits for every idle connection anyway, moves such pages on as the answers come in.
"""

import contextlib
import re
import socket
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any, Final, Protocol

from gunicorn.workers.gthread import TConn

from bff import draining
from bff.sockets import Sockets

EXTENSION: Final = "portal_quick"
LONGEST_HEAD: Final = 16 * 1024
ROUNDS: Final = 32  # of waiting, before the arbiter is told that this process lives
_BODY: Final = re.compile(rb"\r\n(content-length|transfer-encoding|expect|upgrade)[ \t]*:", re.IGNORECASE)
MOST: Final = 256  # under way at once; whoever comes then waits for a thread
Headers = list[tuple[str, str]]
Steps = Generator[tuple[socket.socket, int], None, Any]


class Talk(Protocol):
    """What is to be waited for before one request can be answered: conversations that yield what they wait for."""

    conversations: Sequence[Steps]
    patient_until: float  # monotonic: until then nothing is sent, so that most answers leave as one
    deadline: float  # monotonic
    late: type[Exception]  # thrown into each that is not done by then, and turned by it into a result

    def begin(self) -> tuple[Headers, bytes]:
        """Headers and first bytes of a 200 whose rest has to be waited for."""

    def answer(self, results: Sequence[Any]) -> tuple[Headers, bytes]:
        """Headers of a 200, and all of it that has not been sent."""

    def abandon(self) -> None:
        """Nobody waits any longer: a thread begins anew, or the browser has left."""


class Quick(Protocol):
    """What an app offers under EXTENSION. It never waits by itself."""

    def talk(self, head: bytes) -> Talk | None:
        """How to answer the request of which this is all; None for a request that needs a thread."""


class Worker(draining.Worker):
    """gunicorn's threads, and beside them the requests that need none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._quick: Quick | None = None
        # In the order in which they began, which is that of their times.
        self.upstreams = Sockets()
        self._patient: deque[_Answering] = deque()
        self._under_way: deque[_Answering] = deque()
        self.answering = 0

    def run(self) -> None:
        """Serve until stopped."""
        if not self.cfg.is_ssl:
            self._quick = getattr(self.wsgi, "extensions", {}).get(EXTENSION)
        with self.upstreams:
            self.poller.register(self.upstreams.fileno(), 1, self.upstreams.dispatch)
            super().run()

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """A kept connection brings its next request."""
        head = _whole_head(client) if self._quick and self.alive and self.answering < MOST else b""
        talk = self._talk(head) if head else None
        if talk is None:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        answering = _Answering(self, conn, talk, len(head))
        answering.begin()
        if not answering.over:
            self._patient.append(answering)
            self._under_way.append(answering)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """The same as ever, and an end to what takes too long; in a row while there is much to do."""
        for _ in range(ROUNDS):
            self._wait_once(timeout)
            if not self._under_way or not self.alive:
                return

    def _wait_once(self, timeout: float | None) -> None:
        _drop_done(self._patient)
        _drop_done(self._under_way)
        now, wait = time.monotonic(), 1.0 if timeout is None else timeout
        if self._patient:
            wait = min(wait, self._patient[0].talk.patient_until - now)
        if self._under_way:
            wait = min(wait, self._under_way[0].talk.deadline - now)
        super().wait_for_and_dispatch_events(max(wait, 0))
        while self._patient and self._patient[0].talk.patient_until <= time.monotonic():
            self._patient.popleft().send_first()
        while self._under_way and self._under_way[0].talk.deadline <= time.monotonic():
            self._under_way.popleft().give_up()

    def count(self) -> bool:
        """One more request is answered; whether its connection may be kept."""
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        return bool(self.alive) and len(self.keepalived_conns) < self.max_keepalived

    def sent(self, conn: TConn, rest: bytes, *, keep: bool) -> None:
        """All of an answer but `rest` is on its way: a slow reader has a thread wait for it."""
        if rest:
            sending = self.tpool.submit(_send_rest, conn, rest, keep)
            sending.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
            return
        self.finish_request(conn, _Sent(keep))  # type: ignore[arg-type]  # all that it asks of a future

    def _talk(self, head: bytes) -> Talk | None:
        try:
            return self._quick.talk(head) if self._quick else None
        except Exception:  # a thread meets the same, and has words for it
            self.log.exception("a request is left to a thread")
            return None


class _Answering:
    """One request under way in the main thread. Its bytes stay unread at first, for a thread to take it over."""

    def __init__(self, worker: Worker, conn: TConn, talk: Talk, length: int) -> None:
        self.talk, self.over = talk, False
        self._worker, self._conn, self._length = worker, conn, length
        self._results: dict[int, Any] = {}
        self._waiting: dict[int, socket.socket] = {}
        self._begun, self._keep, self._unsent = False, True, b""
        worker.answering += 1

    def begin(self) -> None:
        """Begin all conversations before any is waited for."""
        for number in range(len(self.talk.conversations)):
            if not self.over:
                self._advance(number)
        self._perhaps_end()

    def give_up(self) -> None:
        """Go without what has not come."""
        for number, sock in list(self._waiting.items()):
            self._worker.upstreams.forget(sock)
            del self._waiting[number]
            try:
                self.talk.conversations[number].throw(self.talk.late())
            except StopIteration as done:
                self._results[number] = done.value
            except Exception:
                self._leave()
                return
        self._perhaps_end()

    def _advance(self, number: int) -> None:
        try:
            sock, events = next(self.talk.conversations[number])
        except StopIteration as done:
            self._results[number] = done.value
        except Exception:
            self._leave()
        else:
            self._waiting[number] = sock
            self._worker.upstreams.wait(sock, events, partial(self._ready, number))

    def _ready(self, number: int) -> None:
        del self._waiting[number]
        self._advance(number)
        self._perhaps_end()

    def send_first(self) -> None:
        """Let the browser begin with what there is."""
        if self.over or self._begun:
            return
        with self._guarded():
            headers, body = self.talk.begin()
            self._begin([*headers, ("Transfer-Encoding", "chunked")])
            self._send(_chunk(body))

    def _perhaps_end(self) -> None:
        if self._waiting or self.over:
            return
        with self._guarded():
            results = [self._results[number] for number in range(len(self.talk.conversations))]
            headers, body = self.talk.answer(results)
            if self._begun:
                self._send(_chunk(body) + b"0\r\n\r\n")
            else:
                self._begin([*headers, ("Content-Length", str(len(body)))])
                self._send(body)
            self._end()
            self._worker.sent(self._conn, self._unsent, keep=self._keep)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError:  # the browser has left
            self._leave(to_a_thread=False)
        except Exception:
            self._worker.log.exception("a page was not made")
            self._leave(to_a_thread=not self._begun)

    def _leave(self, *, to_a_thread: bool = True) -> None:
        """To a thread, which begins anew; or for good."""
        if self.over:
            return
        self._end()
        for sock in self._waiting.values():
            self._worker.upstreams.forget(sock)
        self._waiting.clear()
        self.talk.abandon()
        if to_a_thread and not self._begun:
            self._worker.enqueue_req(self._conn)
        else:
            self._worker.nr_conns -= 1
            self._conn.close()

    def _end(self) -> None:
        self.over = True
        self._worker.answering -= 1

    def _begin(self, headers: Headers) -> None:
        """Take the request off the connection: from now on nobody else can answer it."""
        self._begun, self._keep = True, self._worker.count()
        self._conn.sock.recv(self._length)
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        first = f"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: {_date(int(time.time()))}\r\n"
        connection = "keep-alive" if self._keep else "close"
        self._unsent = f"{first}Connection: {connection}\r\n{lines}\r\n".encode("latin-1")

    def _send(self, data: bytes) -> None:
        try:
            sent = self._conn.sock.sendmsg([self._unsent, data])
        except BlockingIOError:
            sent = 0
        whole = sent == len(self._unsent) + len(data)
        self._unsent = b"" if whole else (self._unsent + data)[sent:]


class _Sent:
    """What a thread's future says when it is done, for what needed no thread."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep

    def result(self) -> bool:
        """Whether the connection is kept."""
        return self._keep

    def cancelled(self) -> bool:
        """It has been sent."""
        return False

    def exception(self) -> None:
        """Nothing went wrong."""


def _whole_head(client: socket.socket) -> bytes:
    """A request that is there as a whole and has no body, left unread; empty for any other."""
    with contextlib.suppress(OSError):
        head = client.recv(LONGEST_HEAD, socket.MSG_PEEK)
        whole = head.startswith(b"GET ") and head.find(b"\r\n\r\n") == len(head) - 4
        if whole and not _BODY.search(head):
            return head
    return b""


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _drop_done(waiting: deque[_Answering]) -> None:
    while waiting and waiting[0].over:
        waiting.popleft()


def _send_rest(conn: TConn, rest: bytes, keep: bool) -> bool:
    conn.sock.setblocking(True)
    conn.sock.sendall(rest)
    return keep
