"""What runs on this machine, as tests see it."""

import contextlib
import subprocess
from pathlib import Path


def command_lines() -> dict[int, str]:
    """The command line of every process by its id; one that has ended but is not buried has an empty one."""
    if not Path("/proc/self").exists():
        said = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True)
        return {int(pid): words for pid, words in (line.split(maxsplit=1) for line in said.stdout.splitlines())}
    lines = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            lines[int(path.parent.name)] = path.read_bytes().decode(errors="replace").replace("\0", " ")
    return lines


def with_words(words: str) -> list[int]:
    """The processes whose command line holds the words."""
    return [pid for pid, line in command_lines().items() if words in line]
