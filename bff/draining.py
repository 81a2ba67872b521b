"""Decides how a server's process stops: it serves on while balancers look away, then ends what it has begun."""

import select
import threading
from typing import Any

from bff import stopping
from bff.listening import Listening
from bff.refusals import Refusing


class Worker(Refusing, Listening):
    """gunicorn's threaded worker, which loses no connection that was made while it could still be made."""

    drain_seconds = 0.0

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """The order to stop: not ready from now on, and deaf only when the balancers have had time to notice."""
        if stopping.ordered.is_set() or not self.drain_seconds:
            stopping.ordered.set()
            super().handle_exit(sig, frame)
            return
        stopping.ordered.set()
        timer = threading.Timer(self.drain_seconds, super().handle_exit, (sig, frame))
        timer.daemon = True
        timer.start()

    def handle_quit(self, sig: Any, frame: Any) -> None:
        """The order to stop at once: between two requests, for in the midst of one a lock is held that this needs."""
        self.method_queue.defer(super().handle_quit, sig, frame)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """When it accepts no more for good, whoever still waits in the queue is let in, and the door is shut."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()  # so that others are refused, and go elsewhere, instead of waiting for nothing
