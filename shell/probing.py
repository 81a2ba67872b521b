"""Decides how an upstream that failed is tried again: by its manifest, in a thread of its own, on nobody's request."""

import threading
from typing import Final

import structlog

from shell.breaker import Breakers
from shell.client import Client
from shell.connections import Origin
from shell.messages import Reply, Request

log = structlog.get_logger()

SECONDS: Final = 2.0
ACCEPT_JSON: Final = (("Accept", "application/json"),)


class Prober:
    """Its thread lives while some breaker is open, and no longer."""

    def __init__(self, client: Client, breakers: Breakers) -> None:
        self._client, self._breakers = client, breakers
        self._watched: dict[str, Origin] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def watch(self, upstream: str, origin: Origin) -> None:
        """Try this one until it is well: its breaker has opened."""
        with self._lock:
            self._watched[upstream] = origin
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="prober", daemon=True)
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        with self._lock:
            self._stopped, thread = True, self._thread
        self._wake.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (pause := self._pause()) is not None:
            self._wake.wait(pause)
            self._wake.clear()
            try:
                self._probe()
            except Exception:  # without this thread nothing that failed once would ever be asked again
                log.exception("probing_failed")
                self._wake.wait(SECONDS)

    def _pause(self) -> float | None:
        """Seconds until the next one is due; None when there is none, and then the thread has ended."""
        with self._lock:
            self._watched = {key: at for key, at in self._watched.items() if not self._breakers.of(key).allows()}
            if self._stopped or not self._watched:
                self._thread = None
                return None
            return min(self._breakers.of(key).due_in for key in self._watched)

    def _probe(self) -> None:
        with self._lock:
            due = [(key, origin) for key, origin in self._watched.items() if self._breakers.of(key).claim()]
        requests = [Request(origin, "/manifest.json", ACCEPT_JSON) for _, origin in due]
        for (key, _), reply in zip(due, self._client.fetch_many(requests, SECONDS), strict=True):
            well = isinstance(reply, Reply) and reply.status < 500
            self._breakers.of(key).probed(well=well)
            log.info("probed", upstream=key, well=well)
