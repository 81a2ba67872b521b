"""What the provider says of itself: read once an hour, and believed only when it names the issuer we were told."""

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog

from bff.identity.jwks import DocumentUnavailable, fetch_json
from bff.settings import is_loopback

LIFETIME_S = 3600.0
RETRY_S = 2.0
REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = (
    "end_session_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "pushed_authorization_request_endpoint",
)
log = structlog.get_logger()


class ProviderUnavailable(Exception):
    """The provider did not answer in time, or not in its protocol's terms. Trying again may help."""


class Metadata:
    """The provider's discovery document. A stale one serves while a new one cannot be had."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._clock = issuer, clock
        self._lock = threading.Lock()
        self._document: dict[str, Any] | None = None
        self._fetched = self._tried = float("-inf")

    def current(self) -> dict[str, Any]:
        """The document. Raises ProviderUnavailable."""
        if self._clock() - self._fetched >= LIFETIME_S and self._lock.acquire(blocking=self._document is None):
            try:
                self._fetch()
            finally:
                self._lock.release()
        if self._document is None:
            raise ProviderUnavailable(f"the OpenID provider {self._issuer} cannot be reached")
        return self._document

    def _fetch(self) -> None:
        now = self._clock()
        if now - self._tried < RETRY_S or now - self._fetched < LIFETIME_S:
            return
        self._tried = now
        try:
            document = fetch_json(f"{self._issuer}/.well-known/openid-configuration")
        except DocumentUnavailable as error:
            log.warning("provider_unreachable", problem=str(error))
            return
        problem = wrong_with(document, self._issuer)
        if problem:
            log.error("provider_metadata_refused", problem=problem)
            return
        self._document, self._fetched = document, now


def wrong_with(document: dict[str, Any], issuer: str) -> str | None:
    """Why a discovery document must not be used (OpenID Connect Discovery 4.3), or None."""
    if document.get("issuer") != issuer:
        return f"the document names the issuer {document.get('issuer')!r}, not {issuer!r}"
    for name in REQUIRED:
        if name not in document:
            return f"{name} is missing"
    for name in (*REQUIRED, *OPTIONAL):
        if name in document and not _trustworthy(document[name]):
            return f"{name} is {document[name]!r}, which is no https URL"
    return None


def _trustworthy(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or is_loopback(url))
