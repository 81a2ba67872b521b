"""Where the tests keep what they build or fetch once: in the user's cache, so that a fresh checkout has it already."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

PATIENCE_S: Final = 2400.0
TELL_EVERY_S: Final = 60.0


@dataclass(frozen=True)
class Making:
    """The empty folder that a tool is put into, and the log of how."""

    folder: Path
    log: IO[bytes]
    turn: IO[bytes]

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> None:
        """Run a command at low priority. Raises RuntimeError with its last words when it fails."""
        self.log.write(f"$ {' '.join(command)}\n".encode())
        self.log.flush()
        low, where, around = ("nice", "-n", "15"), cwd or self.folder, os.environ | environment
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log}
        # A command that outlives us holds our turn until it ends, so that nobody begins anew beside it.
        kept = (self.turn.fileno(),)
        done = subprocess.run([*low, *command], cwd=where, env=around, pass_fds=kept, check=False, **streams)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {Path(self.log.name).read_text('utf-8')[-3000:]}")


@dataclass(frozen=True)
class Tool:
    """What is made once and kept: `make` puts it into the folder that it is given."""

    name: str
    version: str
    make: Callable[[Making], None]

    @property
    def folder(self) -> Path:
        """Where it is kept; there only when it is whole."""
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return root / "bizops-portal" / f"{self.name}-{self.version}"

    @property
    def present(self) -> bool:
        """Whether it has been made."""
        return self.folder.is_dir()


def awaited(tool: Tool) -> Path:
    """The folder of a tool: at once when it is kept, else when whoever makes it is done, be that another or we.

    Raises RuntimeError when it cannot be made, or is not within PATIENCE_S.
    """
    if tool.present:
        return tool.folder
    tool.folder.parent.mkdir(parents=True, exist_ok=True)
    with _turn(tool) as turn:
        if not tool.present:
            _make(tool, turn)
    return tool.folder


def _make(tool: Tool, turn: IO[bytes]) -> None:
    """Make it beside its place and move it there whole. A log of the last try stays."""
    beside = tool.folder.with_name(f"{tool.folder.name}.making")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    with tool.folder.with_name(f"{tool.folder.name}.log").open("wb") as log:
        tool.make(Making(beside, log, turn))
    beside.rename(tool.folder)


@contextmanager
def _turn(tool: Tool) -> Iterator[IO[bytes]]:
    """The right to make a tool, which one process of this machine has at a time and loses when it dies."""
    began = told = time.monotonic()
    with tool.folder.with_name(f"{tool.folder.name}.lock").open("wb") as lock:
        while not _locked(lock):
            now = time.monotonic()
            if now - began > PATIENCE_S:
                raise RuntimeError(f"{tool.name} {tool.version} was not made within {PATIENCE_S:.0f} s")
            if now - told > TELL_EVERY_S:
                told = now
                sys.stderr.write(f"waiting for {tool.name} {tool.version}: {now - began:.0f} s\n")
            time.sleep(0.5)
        yield lock


def _locked(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
