"""Serves the files with WhiteNoise, compressed once and kept for ever.

The compressed twins lie beside the assets, in a folder that git ignores and `python -m static` fills when an image is
built. Where they are missing they are made at the first start (a tenth of a second); where the folder cannot be written
(an image built without them, read-only) the files are served as they are.
"""

import gzip
import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import brotli
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

import static

TWINS = Path(__file__).parent / ".compressed"


class Files(WhiteNoise):  # type: ignore[misc]  # the package ships no types
    """Knows our files only: nothing else under the package can be asked for."""

    def __init__(self, application: Any) -> None:
        super().__init__(application, allow_all_origins=False, immutable_file_test=lambda _path, _url: True)
        for asset in static.ASSETS.values():
            self.files[asset.url] = self._file(asset)

    def _file(self, asset: "static.Asset") -> StaticFile:
        headers = [
            ("Content-Type", self.media_types.get_type(str(asset.path)) + "; charset=utf-8"),
            ("Cache-Control", f"max-age={365 * 24 * 3600}, public, immutable"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ]
        twins = {"br": str(twin(asset, "br")), "gzip": str(twin(asset, "gz"))}
        return StaticFile(str(asset.path), headers, encodings=twins)


def serve(application: Any) -> Files:
    """The WSGI application with the files in front of it."""
    try:
        compress(static.ASSETS.values())
    except OSError:
        pass  # read-only and not built: larger, but right
    return Files(application)


def twin(asset: "static.Asset", encoding: str) -> Path:
    """Where the compressed form of a file lies."""
    return TWINS / f"{asset.served_as}.{encoding}"


def compress(assets: Iterable["static.Asset"]) -> list[Path]:
    """Write the compressed forms that are missing and answer which. Several processes may do so at once."""
    made = []
    for asset in assets:
        for encoding in ("br", "gz"):
            path = twin(asset, encoding)
            if not path.exists():
                plain = asset.path.read_bytes()
                _write(path, brotli.compress(plain, quality=11) if encoding == "br" else gzip.compress(plain, 9, mtime=0))
                made.append(path)
    return made


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(data)
    Path(half.name).chmod(0o644)
    os.replace(half.name, path)
