"""What runs on this machine, as tests see it."""

import contextlib
import subprocess
from pathlib import Path


def command_lines() -> list[str]:
    """The command line of every process; a process that has ended but is not buried has an empty one."""
    if not Path("/proc/self").exists():
        said = subprocess.run(["ps", "-axo", "command="], capture_output=True, text=True, check=True)
        return said.stdout.splitlines()
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            lines.append(path.read_bytes().decode(errors="replace"))
    return lines
