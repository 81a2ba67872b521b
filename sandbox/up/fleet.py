"""Processes that live and die together: all are started at once, stopped at once, and none outlives us."""

from collections.abc import Iterable
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

from sandbox.up.process import Process, Program
from sandbox.up.readiness import wait_until_ready
from sandbox.up.watch import Guard


class Fleet:
    """The processes by name. Use `stop_all` in the end, whatever happens."""

    def __init__(self, programs: Iterable[Program], logs: Path) -> None:
        self._guard = Guard()
        self.processes = {
            program.name: Process(program, logs / f"{program.name}.log", self._guard) for program in programs
        }

    def start_all(self) -> None:
        """Start all, without waiting for any."""
        for process in self.processes.values():
            process.start()

    def wait(self) -> None:
        """Return when all are ready. Raises Problem."""
        wait_until_ready(list(self.processes.values()))

    def stop_all(self) -> None:
        """Stop all that run: all are asked at once, and each has ten seconds."""
        for process in self.processes.values():
            process.ask_to_stop()
        for process in self.processes.values():
            process.stop()
        self._guard.close()

    def fallen(self) -> Process | None:
        """A process that has ended although nobody asked it to."""
        return next((process for process in self.processes.values() if process.exit_code is not None), None)

    def start(self, name: str) -> None:
        """Start one process again and wait until it is ready."""
        self.processes[name].start()
        wait_until_ready([self.processes[name]])

    def stop(self, name: str) -> None:
        """Stop one process in order; it is not reported as fallen."""
        self.processes[name].stop()

    def kill(self, name: str) -> None:
        """End one process at once, as a crash would; it is not reported as fallen."""
        self.processes[name].signal(SIGKILL)
        self.processes[name].stop()

    def pause(self, name: str) -> None:
        """Let one process hang: it keeps its connections and answers nothing."""
        self.processes[name].signal(SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused process go on."""
        self.processes[name].signal(SIGCONT)
