"""Decides how long anything is waited for: conversations with sockets, moved on in readiness order until one deadline.

A conversation is a generator that yields (socket, event) wherever it would block.
"""

import selectors
import socket
import time
from collections.abc import Generator, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Steps = Generator[tuple[socket.socket, int], None, T]


class LateError(Exception):
    """Thrown into a conversation whose time is up."""


def gather(conversations: Sequence[Steps[T]], deadline: float, beside: Sequence[Steps[Any]] = ()) -> list[T]:
    """Every conversation's result, in their order, by `deadline` (monotonic seconds).

    All are started before any is waited for. Those not done in time get a LateError and may turn it into a result;
    what a conversation raises ends them all. Those `beside` are not waited for."""
    gathering = _Gathering([*conversations, *beside], len(conversations))
    try:
        for index in range(len(conversations) + len(beside)):
            gathering.advance(index)
        if gathering.unfinished:
            gathering.wait(deadline)
    finally:
        for conversation in (*conversations, *beside):
            conversation.close()
    return [gathering.results[index] for index in range(len(conversations))]


def run(conversation: Steps[T], deadline: float, beside: Steps[Any] | None = None) -> T:
    """One conversation's result. Raises what it raises, LateError among it.

    `beside` goes on for as long as the conversation does, and ends it by what it raises."""
    return gather([conversation], deadline, [beside] if beside else [])[0]


class _Gathering(Generic[T]):
    def __init__(self, conversations: Sequence[Steps[T]], awaited: int) -> None:
        self._awaited = awaited  # the first so many; the others stand beside them
        self.results: dict[int, T] = {}
        self.waiting: dict[int, tuple[socket.socket, int]] = {}
        self._conversations = conversations

    @property
    def unfinished(self) -> bool:
        """Whether any that is waited for has no result yet."""
        return any(index not in self.results for index in range(self._awaited))

    def advance(self, index: int) -> None:
        try:
            self.waiting[index] = next(self._conversations[index])
        except StopIteration as done:
            self.results[index] = done.value

    def wait(self, deadline: float) -> None:
        with selectors.PollSelector() as ready:
            for index, (sock, events) in self.waiting.items():
                ready.register(sock, events, index)
            self.waiting.clear()
            in_time = True
            # One sweep follows the deadline: what has already arrived is not lost to somebody else's delay.
            while in_time and self.unfinished:
                left = deadline - time.monotonic()
                in_time = left > 0
                for key, _ in ready.select(max(left, 0)):
                    ready.unregister(key.fileobj)
                    self.advance(key.data)
                    if key.data in self.waiting:
                        sock, events = self.waiting.pop(key.data)
                        ready.register(sock, events, key.data)
            for key in list(ready.get_map().values()):
                if key.data < self._awaited:
                    self._give_up(key.data)

    def _give_up(self, index: int) -> None:
        try:
            self._conversations[index].throw(LateError())
        except StopIteration as done:
            self.results[index] = done.value
