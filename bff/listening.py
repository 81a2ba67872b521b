"""Decides what a visitor who is slow to say what they want costs: a connection, and no thread until a head is whole."""

import socket
import struct
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn, ThreadWorker

LONGEST_HEAD: Final = 16 * 1024  # past which the parser has refused it anyway
HEAD_S: Final = 20.0  # from its first byte to its last
STALL_S: Final = 10  # how long a body may pause
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
