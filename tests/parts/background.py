"""Makes the tools while the tests run that do not need them: `python -m tests.parts.background`, one after another.

A test that needs one calls `cache.awaited`, which waits for whoever makes it, or makes it. It is marked `late`.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.parts import go
from tests.parts.cache import Tool, awaited
from tests.parts.openid.keycloak import KEYCLOAK
from tests.parts.openid.second import SECOND

ROOT: Final = Path(__file__).parents[2]
# What is made soonest comes first.
TOOLS: Final[tuple[Tool, ...]] = (SECOND, KEYCLOAK, *go.TOOLS.values())


def missing() -> list[Tool]:
    """The tools that are not in the cache yet, and not on the machine."""
    return [tool for tool in TOOLS if not tool.present and not go.on_path(tool.name)]


def start() -> None:
    """Begin, in a process that outlives this one."""
    command, silent = [sys.executable, "-m", "tests.parts.background"], subprocess.DEVNULL
    subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdin=silent, stdout=silent, stderr=silent)


def main() -> None:
    """Make all. One that cannot be made is left to the test that needs it, which says why."""
    for tool in missing():
        try:
            awaited(tool)
        except (RuntimeError, OSError) as problem:
            sys.stderr.write(f"{tool.name}: {problem}\n")


if __name__ == "__main__":
    main()
