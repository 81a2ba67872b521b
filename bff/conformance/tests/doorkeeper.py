"""Whom the garden believes: as the contract asks, or one check short of it."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ANYBODY = {"sub": "anybody", "csrf": "", "permissions": ["garden:gate:view"]}


class Doorkeeper:
    """Reads assertions of the shell at `url` for the app called garden. `flaws` are the clauses that it breaks."""

    def __init__(self, url: str, keys: Callable[[], Mapping[str, Any]], flaws: set[str]) -> None:
        self._url, self._keys, self._flaws = url, keys, flaws

    def claims(self) -> dict[str, Any]:
        """Who asks; everybody else gets 401."""
        token = request.headers.get("Portal-Identity", "")
        believed = "identity.headers" in self._flaws and "X-User" in request.headers
        if not token and (believed or "alone.page" in self._flaws):
            return ANYBODY
        try:
            header, claims = (_decoded(part) for part in token.split(".")[:2])
        except ValueError:
            abort(500 if token and "identity.malformed" in self._flaws else 401)
        if self._wrong(token, header, claims) - {flaw.removeprefix("identity.") for flaw in self._flaws}:
            abort(401)
        return {"sub": "", **claims}

    def _wrong(self, token: str, header: dict[str, Any], claims: dict[str, Any]) -> set[str]:
        now = time.time()
        wrong = {
            "accepted": "identity.accepted" in self._flaws,
            "type": header.get("typ") != "portal-identity+jwt",
            "expired": claims["exp"] < now,
            "future": claims["nbf"] > now + 5,
            "lifetime": claims["exp"] - claims["iat"] > 65,
            "audience": isinstance(claims["aud"], str) and claims["aud"] != "garden",
            "audiences": isinstance(claims["aud"], list),
            "issuer": claims["iss"] != self._url,
            "subject": not claims.get("sub"),
            self._signature(token, header): True,
        }
        found = {name for name, is_wrong in wrong.items() if is_wrong and name}
        # Without this one, every assertion is refused, good or not.
        return {"everything"} if "accepted" in found else found

    def _signature(self, token: str, header: dict[str, Any]) -> str:
        """Which check an assertion's signature does not pass; empty when it passes all."""
        if header["alg"] != "ES256":
            return {"none": "unsigned", "HS256": "symmetric"}[header["alg"]]
        keys = KeySet.import_key_set(dict(self._keys()))  # type: ignore[arg-type]
        if header["kid"] not in {key.kid for key in keys.keys}:
            return "unknown_key"
        try:
            jwt.decode(token, keys, algorithms=["ES256"])
        except JoseError:
            return "tampered" if "identity.tampered" in self._flaws else "foreign_key"
        return ""


def _decoded(part: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read
