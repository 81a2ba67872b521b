"""Decides what counts as an HTTP/1.1 response: anything ambiguous is refused, never guessed (RFC 9112)."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

HEAD_LIMIT: Final = 64 * 1024
SHORT: Final = 128  # bytes of a header line that may be remembered
CHUNK_LINE_LIMIT: Final = 4 * 1024
TRAILER_LIMIT: Final = 8 * 1024

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n\x00]*)?")
_FIELD_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\x00]*)?")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


class ProtocolError(Exception):
    """The peer's bytes are not a response that can be read in one way only."""


class Head(NamedTuple):
    """Status and header fields of a response: names in lower case, repeated fields joined by a comma."""

    status: int
    headers: dict[str, str]
    minor: int = 1


def parse_head(raw: bytes) -> Head:
    """The head without its closing empty line. Raises ProtocolError."""
    first, *lines = raw.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise ProtocolError("the status line is malformed")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = _known_field(line) if len(line) < SHORT else _field(line)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(int(status[2]), headers, int(status[1]))


def _field(line: bytes) -> tuple[str, str]:
    field = _FIELD_LINE.fullmatch(line)
    if field is None:
        raise ProtocolError("a header line is malformed")
    return field[1].decode("ascii").lower(), field[2].decode("latin-1")


_known_field = lru_cache(2048)(_field)  # apps say mostly the same


class ResponseParser:
    """One response, fed as its bytes arrive; memory does not grow with the body."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._buffer = bytearray()
        self._left: int | None = 0  # body bytes still to come, in this chunk if chunked; None: until the peer closes
        self._chunked = False
        self._in_trailers = False
        self._trailer_bytes = 0
        self.head: Head | None = None
        self.complete = False
        self.started = False

    @property
    def reusable(self) -> bool:
        """Whether another request may follow on the same connection."""
        if not self.complete or self.head is None or self._buffer or self._left is None:
            return False
        said = self.head.headers.get("connection", "").lower()
        closes = "close" in said and "close" in {token.strip() for token in said.split(",")}
        return self.head.minor == 1 and not closes

    def feed(self, data: bytes) -> bytes:
        """Body bytes that `data` brought, decoded. Raises ProtocolError."""
        self.started = self.started or bool(data)
        if self.head is None:
            data = self._read_heads(bytes(self._buffer) + data if self._buffer else data)
            if self.head is None:
                return b""
        if self.complete:
            self._buffer += data[:1]  # bytes after the end: keep one as evidence, so that the socket is not reused
            return b""
        return self._chunks(data) if self._chunked else self._plain(data)

    def end(self) -> None:
        """The peer closed its side. Raises ProtocolError when the response was not complete."""
        if self.complete:
            return
        if self.head is None or self._left is not None:
            raise ProtocolError("the connection closed before the response was complete")
        self.complete = True

    def _read_heads(self, data: bytes) -> bytes:
        """What follows the head, interim 1xx heads skipped (RFC 9110 15.2); what is not yet one stays in the buffer."""
        self._buffer.clear()
        start = 0
        while self.head is None:
            end = data.find(b"\r\n\r\n", start)
            if end - start > HEAD_LIMIT or (end < 0 and len(data) - start > HEAD_LIMIT):
                raise ProtocolError(f"the head is larger than {HEAD_LIMIT} bytes")
            if end < 0:
                self._buffer += data[start:]
                return b""
            head = parse_head(data[start:end])
            start = end + 4
            if head.status == 101:
                raise ProtocolError("the connection was switched to a protocol that nobody asked for")
            if head.status >= 200:
                self._frame(head)
        return data[start:]

    def _frame(self, head: Head) -> None:
        """Decide how long the body is (RFC 9112 6.3), refusing what two readers could read differently."""
        self.head = head
        length, encoding = head.headers.get("content-length"), head.headers.get("transfer-encoding")
        if length is not None and encoding is not None:
            raise ProtocolError("Content-Length and Transfer-Encoding together")
        if length is not None and not _LENGTH.fullmatch(length):
            raise ProtocolError("Content-Length is not one number")
        if encoding is not None and (encoding.lower() != "chunked" or head.minor == 0):
            raise ProtocolError("a Transfer-Encoding other than chunked")
        if self._method == "HEAD" or head.status in (204, 304):
            self.complete = True
        elif encoding is not None:
            self._chunked = True
        elif length is not None:
            self._left = int(length)
            self.complete = self._left == 0
        else:
            self._left = None

    def _plain(self, data: bytes) -> bytes:
        if self._left is None:
            return data
        body, rest = data[: self._left], data[self._left :]
        self._left -= len(body)
        self.complete = self._left == 0
        self._buffer += rest[:1]
        return body

    def _chunks(self, data: bytes) -> bytes:
        """Decode chunked coding (RFC 9112 7.1); `_left` counts the chunk's data and its closing CRLF."""
        self._buffer += data
        out: list[bytes] = []
        while not self.complete:
            if self._in_trailers:
                if not self._trailer_line():
                    break
            elif self._left:
                if not self._chunk_data(out):
                    break
            elif not self._chunk_size():
                break
        return b"".join(out)

    def _line(self, limit: int) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end > limit or (end < 0 and len(self._buffer) > limit):
            raise ProtocolError("a line of the chunked body is too long")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _chunk_size(self) -> bool:
        line = self._line(CHUNK_LINE_LIMIT)
        if line is None:
            return False
        size = _CHUNK_LINE.fullmatch(line)
        if size is None:
            raise ProtocolError("a chunk size is malformed")
        length = int(size[1], 16)
        self._in_trailers = length == 0
        self._left = length + 2 if length else 0
        return True

    def _chunk_data(self, out: list[bytes]) -> bool:
        assert self._left is not None
        if self._left > 2:
            piece = bytes(self._buffer[: self._left - 2])
            del self._buffer[: len(piece)]
            self._left -= len(piece)
            out.append(piece)
            if self._left > 2:
                return False
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise ProtocolError("a chunk is longer than it said")
        del self._buffer[:2]
        self._left = 0
        return True

    def _trailer_line(self) -> bool:
        """Trailers are read to find the end and dropped: nothing in the contract travels in them."""
        line = self._line(TRAILER_LIMIT)
        if line is None:
            return False
        self._trailer_bytes += len(line)
        if self._trailer_bytes > TRAILER_LIMIT:
            raise ProtocolError("the trailers are too long")
        self.complete = line == b""
        return True
