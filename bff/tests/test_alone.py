"""A server of one process: it needs nobody over it, stops in order, and ends itself when it no longer moves."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

PATIENCE_S = 60


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[bytes], HTTPConnection]]:
    """One that has answered, and the connection on which it did."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "bff.tests.stuck", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"here"
        yield process, connection
    finally:
        connection.close()
        process.kill()
        process.communicate()


def test_one_worker_is_one_process(running: tuple[subprocess.Popen[bytes], HTTPConnection]) -> None:
    pid = running[0].pid
    assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == ""


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_it_stops_in_order(running: tuple[subprocess.Popen[bytes], HTTPConnection], order: signal.Signals) -> None:
    process, connection = running
    connection.close()
    process.send_signal(order)
    assert process.wait(PATIENCE_S) == 0


def test_one_that_no_longer_moves_says_where_it_stands_and_ends(
    running: tuple[subprocess.Popen[bytes], HTTPConnection],
) -> None:
    process, connection = running
    connection.request("GET", "/hang")
    _out, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert b"in talk" in said
