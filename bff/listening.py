"""Decides what a visitor costs who is slow to ask or slow to leave: a connection, and nobody who waits for them."""

import selectors
import socket
import struct
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn, ThreadWorker

LONGEST_HEAD: Final = 16 * 1024  # past which the parser has refused it anyway
HEAD_S: Final = 20.0  # from its first byte to its last
STALL_S: Final = 10  # how long a body may pause
LEAVE_S: Final = 2.0  # how long a visitor may take to close their side
DRAINED: Final = 64 * 1024
_END: Final = b"\r\n\r\n"
_LATER: Final[Any] = gthread._DEFER  # type: ignore[attr-defined]  # how gunicorn itself puts a connection back
_PEEK: Final = socket.MSG_PEEK | socket.MSG_DONTWAIT


class Listening(ThreadWorker):
    """gunicorn's threaded worker, in which half a request waits where kept connections do.

    The system wakes it for more bytes than there were (SO_RCVLOWAT), so that half a request is not looked at again
    and again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._half: WeakKeyDictionary[TConn, tuple[int, float]] = WeakKeyDictionary()  # bytes seen, since when
        self._leaving: deque[tuple[float, TConn]] = deque()  # until when each may take its time

    def handle(self, conn: TConn) -> Any:
        """Have a thread work at a request that is there; put any other back, or end it when it took too long."""
        if not self.alive or self.cfg.is_ssl:  # whoever is let in at the very end is not sent back
            return super().handle(conn)
        try:
            whole = self._whole(conn)
            if whole and self._half.pop(conn)[0] > 0:
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            if whole and not conn.initialized:
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", STALL_S, 0))
        except OSError:
            return False  # gone already
        if whole:
            return super().handle(conn)
        _seen, since = self._half[conn]
        return False if time.monotonic() - since > HEAD_S else _LATER

    def _whole(self, conn: TConn) -> bool:
        parser: Any = conn.parser
        kept = parser.unreader.buf.getvalue() if parser else b""
        before, since = self._half.setdefault(conn, (-1, time.monotonic()))
        try:
            seen = b"" if _END in kept else conn.sock.recv(LONGEST_HEAD, _PEEK)
        except BlockingIOError:
            return False
        # Nothing more than before, and yet awake: the other side has closed.
        if _END in kept + seen or len(seen) in (0, before, LONGEST_HEAD):
            return True
        self._half[conn] = len(seen), since
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(seen) + 1)
        return False

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """gunicorn would wait here, in the one thread that serves all, until the visitor has closed their side."""
        if self.cfg.is_ssl or _stays(fs):
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):
            self._end(conn)
        else:
            self._leaving.append((time.monotonic() + LEAVE_S, conn))

    def _drain(self, conn: TConn, sock: socket.socket) -> None:
        """Take what was never read, so that nothing of the answer is lost, until the other side has closed."""
        try:
            gone = not sock.recv(DRAINED)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._forget(conn)

    def murder_pending(self) -> None:
        """Once in a while: also close on those who do not leave."""
        super().murder_pending()
        while self._leaving and self._leaving[0][0] <= time.monotonic():
            self._forget(self._leaving.popleft()[1])

    def _forget(self, conn: TConn) -> None:
        with suppress(OSError, KeyError, ValueError):  # it is gone already
            self.poller.unregister(conn.sock)
            self._end(conn)

    def _end(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _stays(fs: "Future[Any]") -> bool:
    """Whether a connection is not simply at its end: kept, put back, or broken."""
    try:
        return fs.cancelled() or bool(fs.result())
    except Exception:  # gunicorn's to tell
        return True
