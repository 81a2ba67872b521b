"""Ways in which an upstream answers badly, and words to ask it with."""

from shell.client import Client
from shell.connections import Origin
from shell.messages import Reason, Reply, Request, UpstreamError
from shell.tests.scripted import Peer, ScriptedServer


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


def stall_after_head(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst bytes")
    peer.hang()


def hang(peer: Peer) -> None:
    peer.request()
    peer.hang()


def fetch_from(origin: Origin, target: str, seconds: float = 5) -> Reply | UpstreamError:
    """One request by a client of its own, on a new connection."""
    client = Client()
    try:
        return client.fetch_many([Request(origin, target)], seconds)[0]
    finally:
        client.close()
