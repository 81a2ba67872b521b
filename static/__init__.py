"""The files that every page loads: their names with a hash, their integrity, and how they are served.

All apps carry the same package, so a page composed by the shell gets from the shell what a template names elsewhere.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha384
from pathlib import Path

PREFIX = "/static/"
FOLDER = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Asset:
    """One file. Its URL changes with its contents, so that a browser may keep it for ever."""

    path: Path
    digest: bytes

    @property
    def served_as(self) -> str:
        """The file's name with eight hexadecimal digits of its hash before the extension."""
        return f"{self.path.stem}.{self.digest.hex()[:8]}{self.path.suffix}"

    @property
    def url(self) -> str:
        """Where it is served; root-relative, the same in every app."""
        return PREFIX + self.served_as

    @property
    def integrity(self) -> str:
        """What the `integrity` attribute of a script or a stylesheet says (SRI)."""
        return "sha384-" + b64encode(self.digest).decode()


FILES = sorted(path for path in FOLDER.iterdir() if path.is_file())
ASSETS = {path.name: Asset(path, sha384(path.read_bytes()).digest()) for path in FILES}
ICONS = frozenset(re.findall(r'<symbol id="([\w-]+)"', (FOLDER / "icons.svg").read_text("utf-8")))


def asset_url(name: str) -> str:
    """The URL of a file: `app.css` -> `/static/app.1a2b3c4d.css`. Raises KeyError for a name that is not there."""
    return ASSETS[name].url


def integrity(name: str) -> str:
    """The SRI hash of a file. Raises KeyError for a name that is not there."""
    return ASSETS[name].integrity


from static.serving import serve  # noqa: E402  # it needs ASSETS

__all__ = ["ASSETS", "ICONS", "Asset", "asset_url", "integrity", "serve"]
