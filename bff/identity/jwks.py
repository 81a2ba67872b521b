"""Which public keys another party signs with: fetched once an hour, sooner for an unknown key, never in a storm."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

if TYPE_CHECKING:
    import urllib3

LIFETIME_S = 3600.0
REFETCH_S = 30.0  # a token with an invented key id must not make us knock at every request
RETRY_S = 2.0  # while no key is known at all
FETCH_TIMEOUT_S = 3.0
LARGEST_BYTES = 256 * 1024
log = structlog.get_logger()


class KeysUnavailable(Exception):
    """The signer's keys are not known and could not be fetched."""


class DocumentUnavailable(Exception):
    """A JSON document could not be fetched: no answer in time, or not a JSON object."""


@cache
def _http() -> "urllib3.PoolManager":
    """One pool, and the system's certificate authorities (SSL_CERT_FILE is honoured): 2 MB once there is a fetch."""
    from urllib3 import PoolManager

    return PoolManager(retries=False, ssl_context=ssl.create_default_context())


def fetch_json(url: str) -> dict[str, Any]:
    """GET a JSON object; redirects are not followed. Raises DocumentUnavailable."""
    http = _http()
    from urllib3.exceptions import HTTPError

    try:
        answer = http.request("GET", url, timeout=FETCH_TIMEOUT_S, redirect=False, preload_content=False)
        try:
            body = answer.read(LARGEST_BYTES + 1)
        finally:
            answer.close()  # asked once an hour: no connection is worth keeping
        document = json.loads(body) if answer.status == 200 and len(body) <= LARGEST_BYTES else None
    except (HTTPError, ValueError) as error:
        raise DocumentUnavailable(f"{url}: {error}") from error
    if not isinstance(document, dict):
        raise DocumentUnavailable(f"{url} answered {answer.status} without a JSON object")
    return document


class RemoteKeys:
    """The keys that `fetch` answers (a JWK set), shared by threads. A stale set serves while no new one can be had."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self.clock = fetch, clock
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched = self._tried = float("-inf")

    def decode(self, token: str, algorithms: list[str]) -> jwt.Token:
        """The token, its signature verified with one of the keys. Raises JoseError, ValueError or KeysUnavailable."""
        try:
            return jwt.decode(token, self._current(), algorithms=algorithms)
        except InvalidKeyIdError:
            keys = self._current(unknown_key=True)
        try:
            return jwt.decode(token, keys, algorithms=algorithms)
        except InvalidKeyIdError as unknown:
            if self._tried > self._fetched:
                # It may well be the signer's newest key: nobody has been told, and trying again may help.
                raise KeysUnavailable("the key is not known, and the signer's keys could not be fetched") from unknown
            raise

    def _current(self, *, unknown_key: bool = False) -> KeySet:
        keys = self._keys
        if keys is not None and not unknown_key and self.clock() - self._fetched < LIFETIME_S:
            return keys
        # Whoever has a set goes on with it while another thread fetches; whoever has none, or needs a key, waits.
        if self._lock.acquire(blocking=keys is None or unknown_key):
            try:
                self._fetch_unless_recent()
            finally:
                self._lock.release()
        if self._keys is None:
            raise KeysUnavailable("the signer's keys could not be fetched")
        return self._keys

    def _fetch_unless_recent(self) -> None:
        now = self.clock()
        if now - self._tried < (REFETCH_S if self._keys is not None else RETRY_S):
            return
        self._tried = now
        try:
            document: Any = self._fetch()
            self._keys = KeySet.import_key_set(document)
            self._fetched = now
        except (DocumentUnavailable, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("keys_not_fetched", problem=str(error))
