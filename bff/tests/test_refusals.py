"""Bytes that are no request: refused under the portal's own headers, logged like everything else, quoted nowhere."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.web.security import file_headers

BAD = {
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a length beside chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "a name with a space": b"GET / HTTP/1.1\r\nHo st: <script>\r\n\r\n",
    "control characters": b"GET /auth/callback?code=hush-hush\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n",
    "an endless address": b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "too many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Where an app listens, in a process of its own, and its log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    log = tmp_path_factory.mktemp("refusals") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "bff.tests.quick", str(port), "9"], stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60
        while not _listens(port):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield port, log
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def said_to(port: int, sent: bytes) -> bytes:
    """All that is answered."""
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(sent)
        answer = b""
        try:
            while piece := line.recv(65_536):
                answer += piece
        except ConnectionResetError:  # what was not read of a request that is refused
            pass
        return answer


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD)
def test_what_is_no_request_is_refused_with_nothing_but_a_status(served: tuple[int, Path], sent: bytes) -> None:
    answer = said_to(served[0], sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert head.split(b" ")[1][:1] in (b"4", b"5")
    assert body == b""
    lines = head.decode().split("\r\n")[1:]
    for name, value in file_headers("").items():
        assert f"{name}: {value}" in lines


def test_the_log_has_a_line_for_each_and_no_query_in_it(served: tuple[int, Path]) -> None:
    port, log = served
    said_to(port, BAD["control characters"])
    until = time.monotonic() + 20
    while "Invalid request" not in log.read_text("utf-8"):
        assert time.monotonic() < until
        time.sleep(0.05)
    told = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {entry["event"] for entry in told} == {"library"}
    assert "hush" not in log.read_text("utf-8")
    assert "\x1b" not in log.read_text("utf-8")
