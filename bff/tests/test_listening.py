"""Visitors who send half a request, or nothing at all, keep nobody else waiting."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from typing import BinaryIO

import pytest

from bff.tests.quick import process

BEGUN = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALVES = [b"", b"GET", BEGUN[:16], BEGUN, BEGUN + b"X-A: " + b"a" * 900]
THREADS = 4  # of bff.tests.quick


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where an app with four threads listens, in a process of its own."""
    with process(9, begin_s=60, end_s=30) as where:
        yield where


def answered(port: int) -> str:
    """What an ordinary visitor is told."""
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", "/thread")
        return line.getresponse().read().decode()
    finally:
        line.close()


def test_many_halves_of_requests_keep_nobody_waiting(port: int) -> None:
    with ExitStack() as open_lines:
        for number in range(THREADS * 10):
            line = open_lines.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            line.sendall(HALVES[number % len(HALVES)])
        for _ in range(3):
            assert answered(port) == "thread by a thread"


def test_a_request_that_comes_in_pieces_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        for piece in (b"G", b"ET /thread HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r", b"\n", b"\r\n"):
            line.sendall(piece)
            assert answered(port)  # which gives it time to arrive by itself
        assert b"thread by a thread" in line.makefile("rb").read()


def test_the_second_request_of_a_connection_may_come_in_pieces_too(port: int) -> None:
    request = b"GET /thread HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        answers = line.makefile("rb")
        for pieces in ((request + request[:20], request[20:]), (request[:5], request[5:])):
            for piece in pieces:
                line.sendall(piece)
                assert answered(port) == "thread by a thread"
        assert [body_of(answers) for _ in range(3)] == [b"thread by a thread"] * 3


def body_of(answers: BinaryIO) -> bytes:
    """The body of the next answer of a connection."""
    length = 0
    while (field := answers.readline().strip().lower()) != b"":
        length = int(field.partition(b":")[2]) if field.startswith(b"content-length:") else length
    return answers.read(length)


def test_whoever_leaves_half_way_leaves_nothing_behind(port: int) -> None:
    for half in HALVES * 4:
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            line.sendall(half)
            line.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert line.recv(100) == b""
    assert answered(port) == "thread by a thread"


@pytest.mark.timeout(120)  # each of them would have cost all others two seconds
def test_whoever_does_not_close_keeps_nobody_waiting(port: int) -> None:
    with ExitStack() as open_lines:
        for _ in range(THREADS * 20):
            line = open_lines.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            line.sendall(b"GET /thread HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + b"never read" * 100)
            answer = line.makefile("rb").read()
            assert answer.endswith(b"thread by a thread")
    assert answered(port) == "thread by a thread"
