"""What happens after the answer: windows closed, funds moved, transfers expired. Its work is kept in the database."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from sandbox.hub import funds, transfers, windows
from sandbox.hub import tables as t
from sandbox.hub.database import Books, Database, milliseconds

log = logging.getLogger(__name__)
TRIES, PAUSE_S = 3, 3  # as the hub's own handler of closed windows; then it gives up, and a window stays PROCESSING
LONGEST_WAIT_S = 1.0


def _aggregate(books: Books, details: dict[str, Any]) -> None:
    windows.aggregate(books, details["window"], details["reason"])


def _move_funds(books: Books, details: dict[str, Any]) -> None:
    funds.move(books, funds.movement_from(details))


def _end_funds(books: Books, details: dict[str, Any]) -> None:
    funds.end(books, details["transfer_id"], details["action"], details["reason"])


TASKS: dict[str, Callable[[Books, dict[str, Any]], None]] = {
    "aggregate": _aggregate,
    "move_funds": _move_funds,
    "end_funds": _end_funds,
}


class Worker:
    """One thread for all that is due. `traffic`, where given, makes another transfer each `traffic_s` seconds."""

    def __init__(
        self, database: Database, traffic: Callable[[Books], None] | None = None, traffic_s: float = 5.0
    ) -> None:
        self._database, self._traffic, self._pause = database, traffic, timedelta(seconds=traffic_s)
        self._next_transfer = database.clock() + self._pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hub-worker", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier run left undone."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the task in hand and end."""
        self._stopped.set()
        self._database.written.set()
        self._thread.join()

    def run_due(self) -> int:
        """Do all that is due by now; how many tasks there were."""
        done = 0
        while self._do_one():
            done += 1
        self._expire()
        self._send()
        return done

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._database.written.clear()
            try:
                self.run_due()
                wait = self._wait_s()
            except Exception:
                log.exception("the hub's worker failed, and goes on")
                wait = LONGEST_WAIT_S
            if not self._stopped.is_set():
                self._database.written.wait(wait)

    def _do_one(self) -> bool:
        """Do the task that is due longest, in one transaction with its removal: it is done once, or still there."""
        with self._database.read() as books:
            job = books.row(
                select(t.sandbox_job)
                .where(t.sandbox_job.c.dueAt <= milliseconds(books.now))
                .order_by(t.sandbox_job.c.dueAt, t.sandbox_job.c.sandboxJobId)
            )
        if job is None:
            return False
        mine = t.sandbox_job.c.sandboxJobId == job.sandboxJobId
        try:
            with self._database.write() as books:
                books.run(delete(t.sandbox_job).where(mine))
                TASKS[job.task](books, job.details)
        except Exception:
            log.exception("task %s failed", job.task)
            again = {"attempts": job.attempts + 1, "dueAt": job.dueAt + 1000 * PAUSE_S}
            with self._database.write() as books:
                last = job.attempts + 1 >= TRIES
                books.run(
                    delete(t.sandbox_job).where(mine) if last else update(t.sandbox_job).where(mine).values(**again)
                )
        return True

    def _expire(self) -> None:
        with self._database.read() as books:
            first = transfers.next_expiry(books)
            over = first is not None and first <= books.now
        if over:
            with self._database.write() as books:
                transfers.expire(books)

    def _send(self) -> None:
        if self._traffic is not None and self._database.clock() >= self._next_transfer:
            with self._database.write() as books:
                self._traffic(books)
            self._next_transfer = self._database.clock() + self._pause

    def _wait_s(self) -> float:
        """Until the next task, at most a second: expiry and traffic are looked at as often."""
        with self._database.read() as books:
            due = books.row(select(func.min(t.sandbox_job.c.dueAt).label("at")))
            if due is None or due.at is None:
                return LONGEST_WAIT_S
            return min(max(int(due.at) - milliseconds(books.now), 0) / 1000, LONGEST_WAIT_S)
