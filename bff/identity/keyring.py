"""Which key signs the shell's assertions: published first, used two minutes later, kept until no assertion needs it."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from bff import key_file
from bff.key_file import KeyFileError

ALGORITHM = "ES256"
PUBLISHED_BEFORE_USE_S = 120  # four times the pause after which a verifier may look for a key it does not know
KEPT_AFTER_USE_S = 600  # an assertion lives 60 s; the rest is for clocks that differ
log = structlog.get_logger()


@dataclass(frozen=True)
class SigningKey:
    """A private key and the time (seconds since 1970) at which it entered the file."""

    key: ECKey
    created: float

    @property
    def kid(self) -> str:
        """The key's name in a token's header."""
        return str(self.key.kid)

    def public(self) -> dict[str, Any]:
        """The half that everyone may read."""
        return dict(self.key.as_dict(private=False, use="sig", alg=ALGORITHM))


class KeyRing:
    """The keys of a file, read anew whenever the file changes. Raises KeyFileError when the first reading fails."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._stamp = key_file.stamp(path)
        self._keys = _read(path)

    def signing_key(self) -> SigningKey:
        """The newest key that verifiers have had time to learn; with none so old, the oldest."""
        keys = self._current()
        known = [key for key in keys if key.created <= self._clock() - PUBLISHED_BEFORE_USE_S]
        return known[-1] if known else keys[0]

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public halves of all keys, also of those that do not sign yet or no longer."""
        return {"keys": [key.public() for key in self._current()]}

    def _current(self) -> list[SigningKey]:
        stamp = key_file.stamp(self._path)
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                try:
                    self._keys = _read(self._path)
                except KeyFileError as error:
                    # Signing goes on with the keys in hand: a half-edited file must not sign everybody out.
                    log.warning("assertion_keys_unreadable", problem=str(error))
        return self._keys


def add_key(path: Path, clock: Callable[[], float] = time.time) -> str:
    """Put a new key into the file, made if absent, and drop those long superseded. Answers the new key's id."""
    with key_file.exclusive(path):
        kept = _still_needed(_read(path), clock()) if path.exists() else []
        new = SigningKey(ECKey.generate_key("P-256", auto_kid=True), clock())
        _write(path, [*kept, new])
        return new.kid


def ensure_key(path: Path, clock: Callable[[], float] = time.time) -> None:
    """Make the file with one key unless it exists: several processes may start at once."""
    if path.exists():  # a mounted secret may be on a disk that takes no lock file
        return
    with key_file.exclusive(path):
        if not path.exists():
            _write(path, [SigningKey(ECKey.generate_key("P-256", auto_kid=True), clock())])


def _still_needed(keys: list[SigningKey], now: float) -> list[SigningKey]:
    # A key stops signing when the next one has been published long enough.
    last_used = [newer.created + PUBLISHED_BEFORE_USE_S for newer in keys[1:]]
    superseded = {key.kid for key, end in zip(keys, last_used, strict=False) if end + KEPT_AFTER_USE_S < now}
    return [key for key in keys if key.kid not in superseded]


def _read(path: Path) -> list[SigningKey]:
    try:
        entries = json.loads(path.read_text("utf-8"))["keys"]
        keys = [_signing_key(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise KeyFileError(f"{path} is no file of private signing keys: {error}") from error
    if not keys:
        raise KeyFileError(f"{path} holds no key.")
    return sorted(keys, key=lambda key: key.created)


def _signing_key(entry: dict[str, Any]) -> SigningKey:
    # The creation time is ours, not a parameter of the key: the library refuses members that it does not know.
    material = {name: entry[name] for name in ("kty", "crv", "x", "y", "d", "kid")}
    if material["crv"] != "P-256":
        raise ValueError(f"key {material['kid']} is not on curve P-256, which {ALGORITHM} needs")
    return SigningKey(ECKey.import_key(material), float(entry["created"]))


def _write(path: Path, keys: list[SigningKey]) -> None:
    key_file.replace(
        path, [key.key.as_dict(private=True, use="sig", alg=ALGORITHM) | {"created": key.created} for key in keys]
    )
