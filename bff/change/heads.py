"""Signed tree heads: what vouches for the audit as it was at a size, and the keys that may sign."""

import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from bff import key_file
from bff.change.happening import canonical
from bff.key_file import KeyFileError

log = structlog.get_logger()
_PURPOSE = b"bizops audit head\n"  # so that no signature over anything else can pass for one over a head
PublicKeys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True)
class Head:
    """The state of an app's audit after `size` entries, signed with the key whose id is `key`."""

    app: str
    size: int
    root: str
    at: str
    key: str
    signature: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Head":
        """The head of a JSON object, which may hold more. Raises ValueError."""
        try:
            head = cls(*(document[name] for name in ("app", "size", "root", "at", "key", "signature")))
        except (KeyError, TypeError) as problem:
            raise ValueError(f"it is no signed head: {problem}") from problem
        words = (head.app, head.root, head.at, head.key, head.signature)
        if type(head.size) is not int or not all(isinstance(word, str) for word in words):
            raise ValueError("it is no signed head")
        return head

    def as_json(self) -> dict[str, Any]:
        """The head as programs read it."""
        return dict(vars(self))

    def message(self) -> bytes:
        """What is signed."""
        facts = {name: value for name, value in vars(self).items() if name != "signature"}
        return _PURPOSE + canonical(facts)

    def signed_by(self, keys: PublicKeys) -> bool:
        """Whether the signature is that of the key named, and that key is among these."""
        key = keys.get(self.key)
        if key is None:
            return False
        try:
            key.verify(bytes.fromhex(self.signature), self.message())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key and its id, the thumbprint of its public half (RFC 7638)."""

    kid: str
    private: Ed25519PrivateKey

    def sign(self, app: str, size: int, root: bytes, at: str) -> Head:
        """The head of an app's audit."""
        bare = Head(app, size, root.hex(), at, self.kid, "")
        return Head(app, size, bare.root, at, self.kid, self.private.sign(bare.message()).hex())


@dataclass(frozen=True)
class KeySet:
    """What a key file holds: private keys, the newest last, and the public half of every key."""

    private: tuple[SigningKey, ...]
    public: PublicKeys
    document: dict[str, Any]  # the public halves as a JWK set


class AuditKeys:
    """The keys of a file, made with one key when absent and read anew whenever it changes.

    Raises KeyFileError when the first reading fails.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        if not path.exists():  # a mounted secret may be on a disk that takes no lock file
            with key_file.exclusive(path):
                if not path.exists():
                    key_file.replace(path, [_new()])
        self._stamp, self._keys = key_file.stamp(path), _read(path)

    def now(self) -> KeySet:
        """The keys as the file has them."""
        seen = key_file.stamp(self._path)
        if seen != self._stamp:
            with self._lock:
                self._stamp = seen
                try:
                    self._keys = _read(self._path)
                except KeyFileError as error:
                    # The keys in hand go on signing: a half-edited file must not stop every change.
                    log.warning("audit_keys_unreadable", problem=str(error))
        return self._keys


def add_key(path: Path) -> str:
    """Put a new key into the file; the old ones stay, for what they signed. Answers the new key's id."""
    with key_file.exclusive(path):
        new = _new()
        key_file.replace(path, [*(json.loads(path.read_text("utf-8"))["keys"] if path.exists() else []), new])
        return str(new["kid"])


def public_keys(document: Any) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JWK set by their thumbprints, whatever ids it claims. Raises ValueError."""
    return {kid: _public(key) for kid, key in _keys(_entries(document))}


def key_document(key: Mapping[str, Any]) -> dict[str, Any]:
    """The public half of a key as a JWK with its true id."""
    imported = OKPKey.import_key(_material(key))
    return {**imported.as_dict(private=False), "kid": imported.thumbprint(), "use": "sig", "alg": "EdDSA"}


def _material(entry: Mapping[str, Any]) -> dict[str, Any]:
    # Without what else stands beside it: the library refuses members that it does not know, and ids prove nothing.
    return {name: entry[name] for name in ("kty", "crv", "x", "d") if name in entry}


def _keys(entries: Iterable[Mapping[str, Any]]) -> list[tuple[str, OKPKey]]:
    try:
        keys = [OKPKey.import_key(_material(entry)) for entry in entries if entry.get("crv") == "Ed25519"]
        return [(key.thumbprint(), key) for key in keys]
    except (JoseError, TypeError) as problem:
        raise ValueError(f"it is no JWK set: {problem}") from problem


def _public(key: OKPKey) -> Ed25519PublicKey:
    public = key.public_key
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("it is no Ed25519 key")
    return public


def _entries(document: Any) -> list[Mapping[str, Any]]:
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ValueError("it is no JWK set")
    return entries


def _read(path: Path) -> KeySet:
    try:
        entries = sorted(_entries(json.loads(path.read_text("utf-8"))), key=lambda entry: entry.get("created", 0))
        keys = _keys(entries)
        document = {"keys": [key_document(entry) for entry in entries if entry.get("crv") == "Ed25519"]}
    except (OSError, ValueError, TypeError) as problem:
        raise KeyFileError(f"{path} is no file of audit keys: {problem}") from problem
    halves = [(kid, key.private_key) for kid, key in keys]
    private = tuple(SigningKey(kid, half) for kid, half in halves if isinstance(half, Ed25519PrivateKey))
    if not private:
        raise KeyFileError(f"{path} holds no private Ed25519 key.")
    return KeySet(private, {kid: _public(key) for kid, key in keys}, document)


def _new() -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    return {**key.as_dict(private=True), "created": time.time()}
