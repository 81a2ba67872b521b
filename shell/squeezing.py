"""Decides how a page that leaves piece by piece is compressed: the browser can read each piece when it arrives."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

import brotli
from werkzeug.http import parse_accept_header

BROTLI_QUALITY: Final = 4
GZIP_LEVEL: Final = 6
_GZIP_WINDOW: Final = 31  # zlib's way to say gzip


class Squeezer(Protocol):
    """What both libraries can do."""

    def some(self, data: bytes) -> bytes:
        """The data, ready to be read by whoever has what came before."""

    def last(self) -> bytes:
        """The end."""


class _Brotli:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=BROTLI_QUALITY)

    def some(self, data: bytes) -> bytes:
        return bytes(self._compressor.process(data) + self._compressor.flush())

    def last(self) -> bytes:
        return bytes(self._compressor.finish())


class _Gzip:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def some(self, data: bytes) -> bytes:
        return self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def last(self) -> bytes:
        return self._compressor.flush()


_SQUEEZERS: Final[Mapping[str, Callable[[], Squeezer]]] = {"br": _Brotli, "gzip": _Gzip}  # the best first


def squeezed(pieces: Iterable[bytes], accepted: str) -> tuple[str, Iterator[bytes]]:
    """The coding, empty for none, and the pieces in it. `accepted` is the browser's Accept-Encoding."""
    wished = parse_accept_header(accepted)
    coding = next((coding for coding in _SQUEEZERS if wished[coding] > 0), "")
    return coding, _through(squeezer(coding), pieces) if coding else iter(pieces)


def squeezer(coding: str) -> Squeezer:
    """A new one, for one page."""
    return _SQUEEZERS[coding]()


def _through(squeezer: Squeezer, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield squeezer.some(piece)
    yield squeezer.last()
