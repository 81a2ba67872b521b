"""Starts a server on free ports of loopback, and anew on others when another process was faster to take one."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

START_S: Final = 600.0  # a server that starts is only ended when it cannot be of use any more
TRIES: Final = 3
Ports = tuple[int, ...]


@contextmanager
def serving(
    command: Callable[[Ports], Sequence[str]], count: int, ready: Callable[[Ports], object], log: Path, **how: Any
) -> Iterator[Ports]:
    """Runs what `command` says for `count` ports until the block ends; begins it when `ready` raises no OSError.

    `how` is for `Popen`, such as the user under whom it runs.
    """
    for _ in range(TRIES):
        ports = free_ports(count)
        with log.open("wb") as written:
            streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": written, "stderr": written}
            server = subprocess.Popen(command(ports), **streams, **how)
        try:
            if _is_ready(server, partial(ready, ports)):
                yield ports
                return
        finally:
            _end(server)
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def _is_ready(server: "subprocess.Popen[bytes]", ready: Callable[[], object]) -> bool:
    until = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < until:
        try:
            ready()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_ports(count: int) -> Ports:
    """Ports that nobody has at this moment."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(int(listener.getsockname()[1]) for listener in listeners)
    for listener in listeners:
        listener.close()
    return ports
