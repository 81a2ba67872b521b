"""Ends the processes of a portal whose parent was killed before it could. Runs alone, on the standard library.

The parent writes `+PID` and `-PID` lines into our standard input for each process group that it starts and stops. When
the input ends while groups are left, the parent is dead: whatever is left is ended here.
"""

import os
import signal
import sys
import time

PATIENCE = 10.0


def main() -> None:
    """Wait for the parent's end, then end its children."""
    for ours in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ours, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            groups.add(pid)
        else:
            groups.discard(pid)
    end(groups)


def end(groups: set[int]) -> None:
    """Ask every group to stop, and make it stop when it has not after a while."""
    send(groups, signal.SIGCONT)
    send(groups, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        send(groups, 0)
    send(groups, signal.SIGKILL)


def send(groups: set[int], number: int) -> None:
    """Send a signal to each group and forget those that are gone."""
    for group in list(groups):
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):  # the second is macOS's word for a group of zombies
            groups.discard(group)


if __name__ == "__main__":
    main()
