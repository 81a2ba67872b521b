"""How the client behaves towards upstreams that are slow, rude, dead or gone."""

import datetime
import io
import resource
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shell.client import Body, Client, Reason, Reply, Request, UpstreamError
from shell.connections import Origin, Pool
from shell.tests.scripted import Peer, Script, ScriptedServer, polite


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def fetch(client: Client, server: ScriptedServer, target: str = "/", seconds: float = 5) -> Reply | UpstreamError:
    return client.fetch_many([Request(server.origin, target)], seconds)[0]


def body_of(outcome: Reply | UpstreamError) -> bytes:
    assert isinstance(outcome, Reply), outcome
    return outcome.body


def reason_of(outcome: Reply | UpstreamError) -> Reason:
    assert isinstance(outcome, UpstreamError), outcome
    return outcome.reason


def drip(peer: Peer, data: bytes) -> None:
    for byte in data:
        peer.send(bytes([byte]))
        if peer.pause(0.02):
            return


def drip_head(peer: Peer) -> None:
    peer.request()
    drip(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: " + b"a" * 500)


def drip_body(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    drip(peer, b"a" * 500)


def stall_after_head(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst bytes")
    peer.hang()


def hang(peer: Peer) -> None:
    peer.request()
    peer.hang()


@pytest.mark.parametrize("script", [drip_head, drip_body, stall_after_head, hang])
def test_one_deadline_covers_head_and_body(client: Client, script: Script) -> None:
    with ScriptedServer(script) as server:
        began = time.monotonic()
        assert reason_of(fetch(client, server, seconds=0.3)) is Reason.LATE
        assert time.monotonic() - began < 2


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


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, signed by itself, with its key in the same file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), today, today.replace(year=9999)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_an_https_upstream_is_asked_over_tls_and_its_connection_kept(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    client = Client(Pool(ssl.create_default_context(cafile=str(certificate))))
    with ScriptedServer(polite, tls=tls) as server:
        request = Request(Origin("https", "localhost", server.port), "/secret")
        assert [body_of(client.fetch_many([request], 5)[0]) for _ in range(2)] == [b"/secret", b"/secret"]
        assert server.connections == 1
    client.close()


def test_an_upstream_whose_certificate_nobody_vouches_for_is_refused(client: Client, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with ScriptedServer(polite, tls=tls) as server:
        outcome = client.fetch_many([Request(Origin("https", "localhost", server.port), "/")], 5)[0]
        assert reason_of(outcome) is Reason.REFUSED
        assert server.requests == []
