"""One process of the portal: started in a group of its own, its output in a log, stopped for certain."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.up.watch import Guard

HASTE = 5.0  # longer than gunicorn lingers on connections that idle: hurried, it dies mid-way and says so
PATIENCE = 10.0
LAST_LINES = 12


@dataclass(frozen=True)
class Program:
    """What to run: a command, its settings, where it will answer, and how it says it is ready: there, or by a file."""

    name: str
    command: tuple[str, ...]
    port: int
    settings: Mapping[str, str]
    ready: str = "/health/ready"
    beat: Path | None = None


class Process:
    """A program that runs, or has run. Its log is begun anew with the object and continued by a restart."""

    def __init__(self, program: Program, log: Path, guard: Guard, patience: float = PATIENCE) -> None:
        self.program = program
        self.log = log
        self._guard = guard
        self._patience = patience
        self._popen: subprocess.Popen[bytes] | None = None
        self._asked: float | None = None
        log.write_text("")

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._popen.pid if self._popen and self.running else None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.running:
            return
        if self.program.beat:
            self.program.beat.unlink(missing_ok=True)
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(  # noqa: S603 - our own programs
                self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(self.program.settings),
                start_new_session=True,  # Ctrl-C is for the parent alone, who stops all in order
            )
        self._guard.watch(self._popen.pid)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the process ended by itself; None while it runs, before its start and after we stopped it."""
        return self._popen.poll() if self._popen else None

    def ask_to_stop(self) -> None:
        """Begin to stop it: the process may finish what it does."""
        if self._popen and self.running:
            self._asked = time.monotonic()
            self.signal(signal.SIGCONT)
            self._popen.terminate()

    def stop(self) -> None:
        """Stop it with all its children: in order, then in haste, and by force when our patience ends."""
        if self._popen is None:
            return
        if self._asked is None:
            self.ask_to_stop()
        asked = self._asked or time.monotonic()
        if not self._ends_by(asked + min(HASTE, self._patience)):
            self._popen.send_signal(signal.SIGQUIT)  # gunicorn's word for "drop the connections that idle"
            self._ends_by(asked + self._patience)
        self.signal(signal.SIGKILL)
        self._popen.wait()
        self._guard.forget(self._popen.pid)
        self._popen = self._asked = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children."""
        if self._popen:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def _ends_by(self, deadline: float) -> bool:
        assert self._popen is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        return not self.running

    def last_words(self) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our own environment for a child: the portal's settings are those given and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BIZOPS_")}
    # Without compiled modules each start would compile the same libraries in six processes at once.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**inherited, "PYTHONUNBUFFERED": "1", **settings}
