"""Serves the files with WhiteNoise, compressed once and kept for ever.

The compressed twins lie beside the assets, in a folder that git ignores and `python -m static` fills when an image is
built. Where they are missing they are made at the first start (a tenth of a second); where the folder cannot be written
(an image built without them, read-only) the files are served as they are.
"""

import gzip
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType
from typing import Any

import brotli
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

import static

TWINS = Path(__file__).parent / ".compressed"
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=11),
    "gzip": lambda plain: gzip.compress(plain, 9, mtime=0),
}


class Files(WhiteNoise):  # type: ignore[misc]  # the package ships no types
    """Knows our files only: nothing else under the package can be asked for."""

    def __init__(self, application: Any, twins: Path, headers: Mapping[str, str]) -> None:
        super().__init__(application, allow_all_origins=False, immutable_file_test=lambda _path, _url: True)
        for asset in static.ASSETS.values():
            self.files[asset.url] = self._file(asset, twins, headers)

    def _file(self, asset: "static.Asset", twins: Path, headers: Mapping[str, str]) -> StaticFile:
        own = {
            "Content-Type": self.media_types.get_type(str(asset.path)) + "; charset=utf-8",
            "Cache-Control": f"max-age={365 * 24 * 3600}, public, immutable",
        }
        packed = {encoding: twin(asset, encoding, twins) for encoding in ENCODINGS}
        there = {encoding: str(path) for encoding, path in packed.items() if path.is_file()}
        return StaticFile(str(asset.path), [*headers.items(), *own.items()], encodings=there)


def serve(application: Any, twins: Path = TWINS, headers: Mapping[str, str] = MappingProxyType({})) -> Files:
    """The WSGI application with the files in front of it, and `headers` on each of them.

    `twins` is where their compressed forms are, or will be.
    """
    with suppress(OSError):  # read-only and not built: larger, but right
        compress(static.ASSETS.values(), twins)
    return Files(application, twins, headers)


def twin(asset: "static.Asset", encoding: str, twins: Path = TWINS) -> Path:
    """Where the compressed form of a file lies."""
    return twins / f"{asset.served_as}.{encoding}"


def compress(assets: Iterable["static.Asset"], twins: Path = TWINS) -> None:
    """Write the compressed forms that are missing. Several processes may do so at once."""
    for asset in assets:
        for encoding, pack in ENCODINGS.items():
            path = twin(asset, encoding, twins)
            if not path.exists():
                _write(path, pack(asset.path.read_bytes()))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(data)
    made = Path(half.name)
    made.chmod(0o644)
    made.replace(path)
