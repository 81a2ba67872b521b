"""How a session is found and opened: the cookie is `id.key`, the store knows only the id's hash and a sealed value.

The pattern is oauth2-proxy's ticket: a copy of the store opens nothing, for each key is in one browser only.
"""

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ID_BYTES = 24
KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Ticket:
    """The two halves of a cookie: an id of 192 random bits and an AES-256 key. Its printed form shows neither."""

    id: str
    key: bytes

    @classmethod
    def new(cls) -> Self:
        """A ticket nobody has seen."""
        return cls(secrets.token_urlsafe(ID_BYTES), secrets.token_bytes(KEY_BYTES))

    @classmethod
    def of(cls, cookie: str) -> Self | None:
        """The ticket of a cookie's value, or None when it is none."""
        ticket_id, _, key = cookie.partition(".")
        if len(ticket_id) != ID_BYTES * 4 // 3 or not ticket_id.isascii():
            return None
        try:
            raw = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        return cls(ticket_id, raw) if len(raw) == KEY_BYTES else None

    @property
    def cookie(self) -> str:
        """The cookie's value."""
        return f"{self.id}.{base64.urlsafe_b64encode(self.key).decode().rstrip('=')}"

    @property
    def name(self) -> str:
        """The name under which the store keeps it; it names the session and does not open it."""
        return hashlib.sha256(self.id.encode()).hexdigest()

    def seal(self, value: bytes) -> bytes:
        """The value encrypted and bound to this id: another session's value put in its place does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, value, self.id.encode())

    def open(self, sealed: bytes) -> bytes | None:
        """The value, or None when the key is wrong or the sealed bytes were changed."""
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self.id.encode())
        except (InvalidTag, ValueError):
            return None

    def __repr__(self) -> str:
        return f"Ticket({self.name[:12]})"
