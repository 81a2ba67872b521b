"""What the parser takes for a response, and everything that it refuses."""

import pytest

from shell.http1 import HEAD_LIMIT, ProtocolError, ResponseParser


def read(raw: bytes, method: str = "GET", *, step: int = 0, closed: bool = False) -> tuple[ResponseParser, bytes]:
    """Feed `raw` whole, or `step` bytes at a time."""
    parser = ResponseParser(method)
    pieces = [raw[at : at + step] for at in range(0, len(raw), step)] if step else [raw]
    body = b"".join(parser.feed(piece) for piece in pieces)
    if closed:
        parser.end()
    return parser, body


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
    b"5\r\nhello\r\n6;note=x\r\n world\r\n0\r\nTrailer: dropped\r\n\r\n"
)


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
def test_a_response_reads_the_same_however_its_bytes_are_split(step: int) -> None:
    parser, body = read(CHUNKED, step=step)
    assert body == b"hello world"
    assert parser.head is not None
    assert parser.head.headers["x-a"] == "1, 2"
    assert parser.complete
    assert parser.reusable


def test_interim_responses_are_skipped() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    parser, body = read(interim + b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")
    assert parser.head is not None
    assert (parser.head.status, body, parser.complete) == (200, b"ok", True)


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 Gone"), ("GET", "304 Same")])
def test_answers_without_a_body_end_with_their_head(method: str, status: str) -> None:
    parser, body = read(f"HTTP/1.1 {status}\r\nContent-Length: 12\r\n\r\n".encode(), method)
    assert parser.complete
    assert parser.reusable
    assert body == b""


def test_a_body_without_a_length_ends_with_the_connection_which_is_not_used_again() -> None:
    parser, body = read(b"HTTP/1.1 200 OK\r\n\r\nall of it", closed=True)
    assert (body, parser.complete, parser.reusable) == (b"all of it", True, False)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: upgrade, Close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
    ],
)
def test_a_connection_is_not_reused_when_the_peer_says_so_or_sends_too_much(raw: bytes) -> None:
    parser, _ = read(raw)
    assert parser.complete
    assert not parser.reusable


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName: value\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName: va\nlue: x\r\n\r\n",
        b"HTTP/1.1 200 OK\nName: value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * HEAD_LIMIT + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * HEAD_LIMIT,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 3000,
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        CHUNKED[:-2],
        CHUNKED[:75],
    ],
)
def test_a_response_that_was_cut_is_not_a_response(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(raw, closed=True)
