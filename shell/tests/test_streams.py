"""How long answers come down and long bodies go up."""

import io
import resource
import socket
import threading

import pytest

from shell.client import Client
from shell.connections import Origin
from shell.messages import Body, Reason, Request, UpstreamError
from shell.tests.scripted import Peer, ScriptedServer, polite
from shell.tests.upstreams import drip, hang, stall_after_head


@pytest.mark.parametrize(
    "request_",
    [
        Request(Origin("http", "h", 1), "/a b"),
        Request(Origin("http", "h", 1), "/a\r\nX: y"),
        Request(Origin("http", "h", 1), "/", (("A", "b\r\nC: d"),)),
        Request(Origin("http", "h", 1), "/", (("A", "b\0"),)),
    ],
)
def test_a_request_cannot_be_made_to_say_more_than_one_thing(request_: Request) -> None:
    with pytest.raises(ValueError, match="control character"):
        request_.head()


def test_a_large_answer_streams_in_constant_memory(client: Client) -> None:
    size, block = 200_000_000, b"x" * 1_000_000

    def download(peer: Peer) -> None:
        peer.request()
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // len(block)):
            peer.send(block)

    with ScriptedServer(download) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = client.stream(Request(server.origin, "/"), seconds=5, stall=5)
        assert sum(len(piece) for piece in answer.pieces(5)) == size
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000


def test_closing_a_stream_closes_the_upstream_connection(client: Client) -> None:
    ended = threading.Event()

    def endless(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while not peer.pause(0):
                peer.send(b"a" * 65536)
        except OSError:
            ended.set()

    with ScriptedServer(endless) as server:
        pieces = client.stream(Request(server.origin, "/"), seconds=5, stall=5).pieces(5)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]  # it is a generator
        assert ended.wait(5)


def test_a_stream_that_stalls_is_cut(client: Client) -> None:
    with ScriptedServer(stall_after_head) as server:
        pieces = client.stream(Request(server.origin, "/"), seconds=5, stall=0.2).pieces(0.2)
        assert next(pieces) == b"first bytes"
        with pytest.raises(UpstreamError, match="late"):
            next(pieces)


def test_a_slow_stream_may_take_longer_than_any_one_wait(client: Client) -> None:
    def slow(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n")
        drip(peer, b"a" * 40)

    with ScriptedServer(slow) as server:
        answer = client.stream(Request(server.origin, "/"), seconds=0.5, stall=0.5)
        assert b"".join(answer.pieces(0.5)) == b"a" * 40


def upload(server: ScriptedServer, data: bytes, length: int | None = None) -> Request:
    return Request(server.origin, "/upload", method="PUT", body=Body(io.BytesIO(data), length or len(data)))


def test_an_upload_is_streamed_up_whole(client: Client) -> None:
    with ScriptedServer(polite) as server:
        data = bytes(range(256)) * 4000
        client.stream(upload(server, data), seconds=5, stall=5).close()
        assert server.requests[0].partition(b"\r\n\r\n")[2] == data


def test_an_upload_that_the_browser_breaks_off_is_never_completed(client: Client) -> None:
    with ScriptedServer(polite) as server, pytest.raises(UpstreamError, match="abandoned"):
        client.stream(upload(server, b"a" * 100_000, 200_000), seconds=5, stall=5)
    assert all(len(request) < 200_000 for request in server.requests)


def test_an_early_refusal_of_an_upload_is_heard(client: Client) -> None:
    def refuse(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.answer(b"too large", "413 Content Too Large", Connection="close")
        peer.hang()

    with ScriptedServer(refuse) as server:
        answer = client.stream(upload(server, b"a" * 300_000), seconds=5, stall=5)
        assert answer.head.status == 413
        answer.close()


def test_an_upload_to_an_upstream_that_never_answers_says_that_it_may_have_arrived(client: Client) -> None:
    with ScriptedServer(hang) as server:
        with pytest.raises(UpstreamError) as caught:
            client.stream(upload(server, b"a=1"), seconds=0.2, stall=1)
        assert caught.value.sent
        assert caught.value.reason is Reason.LATE


def test_a_browser_that_leaves_ends_what_it_waits_for(client: Client) -> None:
    browser, shells_end = socket.socketpair()
    with ScriptedServer(hang) as server, shells_end:
        threading.Timer(0.2, browser.close).start()
        with pytest.raises(UpstreamError) as told:
            client.stream(Request(server.origin, "/"), seconds=20, stall=20, browser=shells_end)
    assert told.value.reason is Reason.ABANDONED


def test_a_browser_that_stays_gets_its_answer_whatever_it_sends_meanwhile(client: Client) -> None:
    browser, shells_end = socket.socketpair()
    with ScriptedServer(polite) as server, browser, shells_end:
        browser.send(b"the next request")
        answer = client.stream(Request(server.origin, "/"), seconds=5, stall=5, browser=shells_end)
        assert b"".join(answer.pieces(5, shells_end)) == b"/"
        assert shells_end.recv(100) == b"the next request"


def test_a_change_goes_on_although_its_browser_has_left(client: Client) -> None:
    browser, shells_end = socket.socketpair()
    browser.close()
    with ScriptedServer(polite) as server, shells_end:
        change = Request(server.origin, "/", method="POST")
        assert client.stream(change, seconds=5, stall=5, browser=shells_end).head.status == 200
