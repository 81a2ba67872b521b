"""Which key signs: one EC P-256 key in a file of its own, so that a restart leaves every signed token valid."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM = "ES256"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def signing_keys(path: Path) -> dict[str, Any]:
    """The JWKS with private keys at `path`, made with one new key when the file is absent."""
    if not path.exists():
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
        write_private(path, json.dumps({"keys": [key.as_dict(private=True)]}, indent=2))
    return dict(json.loads(path.read_text(encoding="utf-8")))


class Signer:
    """Signs JWTs with the first key of a JWKS and reads back what it signed."""

    def __init__(self, path: Path) -> None:
        self._key = ECKey.import_key(signing_keys(path)["keys"][0])

    def public(self) -> dict[str, Any]:
        """The JWKS that anybody may read."""
        return {"keys": [self._key.as_dict(private=False)]}

    def sign(self, claims: dict[str, Any], kind: str) -> str:
        """A JWT whose `typ` is `kind`, so that no token can stand for another."""
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": kind}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def read(self, token: str, kind: str) -> dict[str, Any] | None:
        """The claims of a token of ours of this `typ`; None for anything else. Says nothing about its age."""
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            return None
        return dict(decoded.claims) if decoded.header.get("typ") == kind else None
