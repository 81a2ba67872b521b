"""Speaks as a shell: a key of its own, its public half where the app looks for it, and assertions, good and bad."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from bff.identity.assertion import JWKS_PATH, TYPE, Minter, fetch_jwks
from bff.identity.jwks import DocumentUnavailable
from bff.identity.keyring import ALGORITHM, KeyRing, ensure_key
from bff.identity.principal import Identity
from bff.settings import LOOPBACK

CSRF: Final = secrets.token_urlsafe(24)
NAME: Final = "Conny Check"  # whoever reads the app's audit later sees whose work it was


class CannotSpeak(Exception):
    """The app could not be addressed as its shell would; the message says why."""


class Speaker:
    """The shell at `url` as far as an app notices: who asks is of the speaker's own making."""

    def __init__(self, url: str, ring: KeyRing) -> None:
        self.url, self._ring = url, ring
        self._minter = Minter(url, ring)

    def assertion(self, audience: str, permissions: frozenset[str], subject: str = "conformance-check") -> str:
        """A good one, for somebody of the hub's staff."""
        return self._minter.assertion(_person(subject, permissions), audience, permissions)

    def altered(
        self, good: str, claims: Mapping[str, Any], *, typ: str = TYPE, key: ECKey | None = None, kid: str = ""
    ) -> str:
        """A good one with other claims (None takes one away), signed anew: by our key unless another is given."""
        signer = self._ring.signing_key()
        stated = {name: value for name, value in {**claims_of(good), **claims}.items() if value is not None}
        header = {"alg": ALGORITHM, "typ": typ, "kid": kid or signer.kid}
        return jwt.encode(header, stated, key or signer.key, algorithms=[ALGORITHM])

    def public_key(self) -> dict[str, Any]:
        """The public half of the key that signs."""
        return self._ring.signing_key().public()


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified: it is our own."""
    payload = token.split(".")[1]
    stated: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return stated


def _person(subject: str, permissions: frozenset[str]) -> Identity:
    return Identity(
        subject=subject,
        name=NAME,
        username=subject,
        participants=frozenset(),
        hub=True,
        permissions=permissions,
        roles=("conformance-check",),
        csrf=CSRF,
        session="conformance-check",
    )


@contextmanager
def speaker(url: str, keys: Path) -> Iterator[Speaker]:
    """Who speaks as the shell at `url` with the private keys of a file, made when absent. Raises CannotSpeak.

    Where nobody publishes them, the public halves are published at that address meanwhile. Private ones go nowhere.
    """
    ensure_key(keys)
    ring = KeyRing(keys)
    published = _published(url)
    if published is not None:
        if ring.signing_key().kid not in published:
            raise CannotSpeak(
                f"The shell at {url} publishes other keys than those in {keys}. Name its file with --keys."
            )
        yield Speaker(url, ring)
        return
    server = _listen(url, ring)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Speaker(url, ring)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _published(url: str) -> set[str] | None:
    """The ids of the keys that somebody publishes there; None when nobody does."""
    try:
        return {str(key.get("kid")) for key in fetch_jwks(url).get("keys", [])}
    except DocumentUnavailable:
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    ring: KeyRing


class _Keys(BaseHTTPRequestHandler):
    """The public keys at their one path, and nothing else."""

    server: _Server

    def do_GET(self) -> None:
        """Answer the key set."""
        found = self.path == JWKS_PATH
        body = json.dumps(self.server.ring.jwks() if found else {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class calls it
        """Say nothing: the table is what people read."""


def _listen(url: str, ring: KeyRing) -> _Server:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.port is None or parts.path:
        raise CannotSpeak(
            f"Nobody publishes keys at {url}. To publish them here, --shell takes an address like http://localhost:8090."
        )
    # Beyond this machine only where the address itself leads from there to here.
    host = "127.0.0.1" if parts.hostname in LOOPBACK else "0.0.0.0"  # noqa: S104
    try:
        server = _Server((host, parts.port), _Keys)
    except OSError as problem:
        raise CannotSpeak(f"{url} is taken, and not by a shell: {problem}. Use another with --shell.") from problem
    server.ring = ring
    return server
