"""How the client behaves towards upstreams that are slow, rude, dead or gone."""

import io
import time

import pytest

from shell.client import Client
from shell.connections import Origin, Pool
from shell.messages import Body, Reason, Request, UpstreamError
from shell.tests.scripted import SOON, Peer, Script, ScriptedServer, polite
from shell.tests.upstreams import body_of, drip, fetch, hang, reason_of, stall_after_head


def drip_head(peer: Peer) -> None:
    peer.request()
    drip(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: " + b"a" * 500)


def drip_body(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    drip(peer, b"a" * 500)


@pytest.mark.parametrize("script", [drip_head, drip_body, stall_after_head, hang])
def test_one_deadline_covers_head_and_body(client: Client, script: Script) -> None:
    with ScriptedServer(script) as server:
        began = time.monotonic()
        assert reason_of(fetch(client, server, seconds=0.3)) is Reason.LATE
        assert time.monotonic() - began < SOON


def test_a_hung_upstream_loses_nobody_elses_answer(client: Client) -> None:
    with ScriptedServer(hang) as hung, ScriptedServer(polite) as first, ScriptedServer(polite) as last:
        requests = [Request(first.origin, "/first"), Request(hung.origin, "/"), Request(last.origin, "/last")]
        outcomes = client.fetch_many(requests, 0.3)
    assert body_of(outcomes[0]) == b"/first"
    assert reason_of(outcomes[1]) is Reason.LATE
    assert body_of(outcomes[2]) == b"/last"


def test_all_requests_are_sent_before_any_answer_is_awaited(client: Client) -> None:
    asked: list[str] = []

    def wait_for_both(peer: Peer) -> None:
        peer.request()
        asked.append("asked")
        while len(asked) < 2 and not peer.pause(0.01):
            pass
        peer.answer()

    with ScriptedServer(wait_for_both) as one, ScriptedServer(wait_for_both) as other:
        outcomes = client.fetch_many([Request(one.origin, "/"), Request(other.origin, "/")], 5)
    assert [body_of(outcome) for outcome in outcomes] == [b"hello", b"hello"]


def test_a_refused_connection_says_that_nothing_was_sent(client: Client) -> None:
    with ScriptedServer(polite) as server:
        gone = server.origin
    outcome = client.fetch_many([Request(gone, "/")], 5)[0]
    assert reason_of(outcome) is Reason.REFUSED
    assert isinstance(outcome, UpstreamError)
    assert not outcome.sent


def test_a_name_that_does_not_exist_is_a_refusal(client: Client) -> None:
    assert reason_of(client.fetch_many([Request(Origin("http", "nobody.invalid", 80), "/")], 5)[0]) is Reason.REFUSED


def test_connections_are_kept_and_used_again(client: Client) -> None:
    with ScriptedServer(polite) as server:
        assert [body_of(fetch(client, server, target)) for target in ("/a", "/b", "/c")] == [b"/a", b"/b", b"/c"]
        assert server.connections == 1


def test_an_upstream_reached_by_name_is_found_at_whichever_address_it_listens(client: Client) -> None:
    with ScriptedServer(polite) as server:
        request = Request(Origin("http", "localhost", server.port), "/named")
        assert body_of(client.fetch_many([request], 5)[0]) == b"/named"


def close_after_one(peer: Peer) -> None:
    peer.request()
    peer.answer(Connection="close")


def test_connection_close_is_honoured(client: Client) -> None:
    with ScriptedServer(close_after_one) as server:
        assert body_of(fetch(client, server)) == b"hello"
        assert body_of(fetch(client, server)) == b"hello"
        assert server.connections == 2


def leave_after_reading_a_second_request(peer: Peer) -> None:
    """The race of keep-alive: the server closes just when the next request arrives."""
    peer.request()
    peer.answer(str(peer.number).encode())
    if peer.number == 1:
        peer.request()


def test_a_get_that_met_a_stale_connection_is_sent_once_more(client: Client) -> None:
    with ScriptedServer(leave_after_reading_a_second_request) as server:
        assert body_of(fetch(client, server)) == b"1"
        assert body_of(fetch(client, server)) == b"2"
        assert len(server.requests) == 3


def test_a_fresh_connection_that_fails_is_not_tried_again(client: Client) -> None:
    def leave(peer: Peer) -> None:
        peer.request()

    with ScriptedServer(leave) as server:
        outcome = fetch(client, server)
    assert reason_of(outcome) is Reason.BROKEN
    assert len(server.requests) == 1


def test_a_reused_connection_that_failed_after_a_byte_is_not_tried_again(client: Client) -> None:
    def half(peer: Peer) -> None:
        peer.request()
        peer.answer()
        peer.request()
        peer.send(b"HTTP/1.1 200")

    with ScriptedServer(half) as server:
        assert body_of(fetch(client, server)) == b"hello"
        assert reason_of(fetch(client, server)) is Reason.BROKEN
        assert server.connections == 1


def test_idle_connections_are_dropped_when_they_have_aged() -> None:
    client = Client(Pool(idle_seconds=0))
    with ScriptedServer(polite) as server:
        fetch(client, server)
        fetch(client, server)
        assert server.connections == 2
    client.close()


def test_an_answer_that_comes_after_the_client_was_closed_leaves_no_connection_open() -> None:
    client = Client()
    with ScriptedServer(polite) as server:
        answer = client.stream(Request(server.origin, "/last"), seconds=5, stall=5)
        client.close()
        assert answer.read() == b"/last"
        assert body_of(fetch(client, server)) == b"/"
        assert server.connections == 2


def test_a_change_never_travels_on_a_used_connection(client: Client) -> None:
    """Its failure there would leave the outcome unknown for no reason."""
    with ScriptedServer(polite) as server:
        fetch(client, server)
        post = Request(server.origin, "/change", method="POST", body=Body(io.BytesIO(b"a=1"), 3))
        answer = client.stream(post, seconds=5, stall=5)
        assert answer.read() == b"/change"
        assert server.connections == 2
        assert server.requests[1].endswith(b"\r\n\r\na=1")
        assert b"Content-Length: 3\r\n" in server.requests[1]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_malformed_answer_is_a_failure(client: Client, raw: bytes) -> None:
    def speak(peer: Peer) -> None:
        peer.request()
        peer.send(raw)

    with ScriptedServer(speak) as server:
        assert reason_of(fetch(client, server)) is Reason.BROKEN


def test_a_chunked_answer_arrives_whole(client: Client) -> None:
    def speak(peer: Peer) -> None:
        while peer.request():
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in (b"one ", b"two ", b"three"):
                peer.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            peer.send(b"0\r\n\r\n")

    with ScriptedServer(speak) as server:
        assert body_of(fetch(client, server)) == b"one two three"
        assert body_of(fetch(client, server)) == b"one two three"
        assert server.connections == 1


def test_a_page_of_more_than_eight_megabytes_is_refused(client: Client) -> None:
    def flood(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.pause(0):
            peer.send(b"a" * 1_000_000)

    with ScriptedServer(flood) as server:
        assert reason_of(fetch(client, server)) is Reason.TOO_LARGE
