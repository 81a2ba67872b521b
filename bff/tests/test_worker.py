"""Requests that need no thread: what they wait for, what is sent when, and when a thread takes over."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from bff.tests.quick import process


@pytest.fixture(scope="module")
def upstream() -> Iterator[socket.socket]:
    """Listens; a test sends what it likes to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture(scope="module")
def port(upstream: socket.socket) -> Iterator[int]:
    """Where the app listens, in a process of its own."""
    with process(int(upstream.getsockname()[1]), begin_s=30, end_s=20) as where:
        yield where


@pytest.fixture
def kept(port: int) -> Iterator[HTTPConnection]:
    """A connection that has brought a request already: the first of each is a thread's."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    assert way(ask(connection, "/first")) == "thread"
    yield connection
    connection.close()


def ask(connection: HTTPConnection, path: str, method: str = "GET", body: bytes | None = None) -> HTTPResponse:
    connection.request(method, path, body)
    return connection.getresponse()


def way(response: HTTPResponse) -> str | None:
    """Which way it came; read to its end, so that the connection can be used again."""
    response.read()
    return response.headers["X-Way"]


def test_a_request_that_waits_for_nothing_is_answered_by_the_main_thread(kept: HTTPConnection) -> None:
    for _ in range(3):
        response = ask(kept, "/now")
        assert (response.headers["X-Way"], response.headers["Content-Length"]) == ("main", "7")
        assert response.read() == b"at once"


def test_what_is_sent_beside_and_between_by_a_thread_has_the_same_headers_around_it(kept: HTTPConnection) -> None:
    by_main, by_thread = ask(kept, "/now"), None
    names = [name for name, _ in by_main.headers.items()]
    by_main.read()
    by_thread = ask(kept, "/thread")
    assert [name for name, _ in by_thread.headers.items()][:3] == names[:3] == ["Server", "Date", "Connection"]
    assert way(by_thread) == "thread"
    assert way(ask(kept, "/now")) == "main"


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/now", b"a=1"), ("GET", "/now", b"x"), ("GET", "/thread", None)]
)
def test_what_has_a_body_or_is_refused_is_a_threads(
    kept: HTTPConnection, method: str, path: str, body: bytes | None
) -> None:
    assert way(ask(kept, path, method, body)) == "thread"


def test_two_requests_at_once_are_both_answered_in_their_order(kept: HTTPConnection) -> None:
    sock = kept.sock
    sock.sendall(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n")
    received = b""
    while b"two by a thread" not in received:
        data = sock.recv(65536)
        assert data
        received += data
    assert received.index(b"one by a thread") < received.index(b"two by a thread")


def test_what_comes_late_is_begun_before_and_ended_after(kept: HTTPConnection, upstream: socket.socket) -> None:
    kept.request("GET", "/wait")
    peer, _ = upstream.accept()
    with peer:
        response = kept.getresponse()
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.read(6) == b"first "
        peer.sendall(b"!")
        assert response.read() == b"!"
    assert way(ask(kept, "/now")) == "main"


def test_what_does_not_come_is_gone_without(kept: HTTPConnection, upstream: socket.socket) -> None:
    kept.request("GET", "/late")
    peer, _ = upstream.accept()
    with peer:
        assert kept.getresponse().read() == b"first nothing"
    assert way(ask(kept, "/now")) == "main"


def test_whoever_leaves_meanwhile_takes_nobody_along(kept: HTTPConnection, port: int, upstream: socket.socket) -> None:
    kept.request("GET", "/wait")
    peer, _ = upstream.accept()
    kept.close()
    with peer:
        peer.sendall(b"!")
        other = HTTPConnection("127.0.0.1", port, timeout=10)
        assert way(ask(other, "/first")) == "thread"
        assert way(ask(other, "/now")) == "main"
        other.close()


def test_what_goes_wrong_before_anything_was_sent_is_left_to_a_thread(kept: HTTPConnection) -> None:
    assert way(ask(kept, "/broken")) == "thread"
    assert way(ask(kept, "/now")) == "main"


def test_a_slow_reader_gets_all_of_it_and_holds_up_nobody(kept: HTTPConnection, port: int) -> None:
    kept.request("GET", "/large")
    other = HTTPConnection("127.0.0.1", port, timeout=10)
    assert way(ask(other, "/first")) == "thread"
    assert way(ask(other, "/now")) == "main"
    other.close()
    response = kept.getresponse()
    assert len(response.read()) == 8_000_000
    assert way(ask(kept, "/now")) == "main"
