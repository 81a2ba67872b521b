"""Decides which of the sockets that pages wait for are looked at next: those that are ready, at little cost."""

import select
import selectors
import socket
from collections.abc import Callable
from typing import Self


class Sockets:
    """The sockets that pages wait for: together they are one to the worker's own poller."""

    def __init__(self) -> None:
        self._poll, self._then = select.epoll(), dict[int, Callable[[], None]]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._poll.close()

    def fileno(self) -> int:
        return self._poll.fileno()

    def wait(self, sock: socket.socket, events: int, then: Callable[[], None]) -> None:
        """Call `then` once, when the socket can be read (1) or written (2)."""
        number = sock.fileno()
        self._then[number] = then
        mask = (select.EPOLLIN if events == selectors.EVENT_READ else select.EPOLLOUT) | select.EPOLLONESHOT
        # What was waited for once stays known to the system, asleep, until it is closed: waking it is half the work.
        try:
            self._poll.modify(number, mask)
        except FileNotFoundError:
            self._poll.register(number, mask)

    def forget(self, sock: socket.socket) -> None:
        """Wait for it no longer."""
        number = sock.fileno()
        del self._then[number]
        self._poll.unregister(number)

    def dispatch(self, _own: object = None) -> None:
        """Let those go on that can."""
        for number, _events in self._poll.poll(0):
            then = self._then.pop(number, None)  # gone where another of the same page has given up
            if then is not None:
                then()
