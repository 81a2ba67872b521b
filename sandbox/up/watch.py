"""The line to the guard: a process that outlives us and stops our children if we are killed."""

import contextlib
import subprocess
import sys
from pathlib import Path

from sandbox.up import guard as program


class Guard:
    """Knows every process group that must not outlive us."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(Path(program.__file__))]
        self._popen = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603

    def watch(self, group: int) -> None:
        """From now on the group must not outlive us."""
        self._say(f"+{group}")

    def forget(self, group: int) -> None:
        """The group is gone."""
        self._say(f"-{group}")

    def close(self) -> None:
        """Let the guard go; it ends whatever has not been forgotten."""
        with contextlib.suppress(BrokenPipeError):
            self._popen.communicate()

    def _say(self, line: str) -> None:
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.write(f"{line}\n".encode())
            self._popen.stdin.flush()
