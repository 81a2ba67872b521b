"""Decides how an app is served by one process: without another that watches over it.

Whoever started the process starts it again, as Kubernetes, systemd and Docker do; one that no longer moves ends itself.
"""

import faulthandler
import gc
import os
import signal
import time
from ctypes import CDLL
from types import FrameType
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets

from bff.worker import Worker

REARM_S: Final = 1.0
_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's mallopt


class Only(Worker):
    """The worker that is the whole server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._armed = 0.0

    def init_signals(self) -> None:
        """Stop in order also when the terminal goes away: there is nothing to be read anew."""
        super().init_signals()
        signal.signal(signal.SIGHUP, self._hang_up)

    def notify(self) -> None:
        """It moves. If it stops doing so, it says where it stands, and ends for another to begin."""
        now = time.monotonic()
        if now - self._armed >= REARM_S:
            self._armed = now
            faulthandler.dump_traceback_later(self.cfg.timeout, exit=True)

    def is_parent_alive(self) -> bool:
        """It does not depend on whoever started it."""
        return True

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)


def serve(server: BaseApplication) -> None:
    """Serve until stopped."""
    _share_one_heap()
    cfg = server.cfg
    log = cfg.logger_class(cfg)
    worker = Only(1, os.getppid(), create_sockets(cfg, log), server, cfg.timeout / 2, cfg, log)
    worker.pid = os.getpid()  # type: ignore[assignment]  # the stubs know only the word that stands there at first
    worker.init_process()


def settle(library: CDLL | None = None) -> None:
    """What is there now stays: let the collector pass over it, and give back what making it has left behind."""
    gc.collect()
    gc.freeze()
    (library or CDLL(None)).malloc_trim(0)


def _share_one_heap() -> None:
    """Threads, of which Python lets one run at a time, need no heap each; every heap keeps what was freed in it."""
    CDLL(None).mallopt(_ARENA_MAX, 1)
