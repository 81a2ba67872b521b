"""How a request to the OpenID provider is built and sent, which is Authlib's work, and what its failures mean."""

import base64
import os
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import quote_plus

import requests
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from bff.identity.metadata import ProviderUnavailable
from bff.identity.provider import SCOPE, ProviderRefused

log = structlog.get_logger()


class Channel:
    """The back channel of one confidential client. Whatever is asked raises ProviderRefused or ProviderUnavailable."""

    def __init__(self, client_id: str, secret: str, redirect_uri: str, way: str, timeout: float) -> None:
        self._session: Any = OAuth2Session(
            client_id,
            secret,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method=way,
            revocation_endpoint_auth_method=way,
            default_timeout=timeout,
        )
        self._session.register_client_auth_method(("client_secret_basic", _basic))
        # Neither proxies nor .netrc of the environment: the secret goes to the provider or nowhere.
        self._session.trust_env = False
        self._session.verify = os.environ.get("SSL_CERT_FILE") or True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def within(self, seconds: float) -> Self:
        """The same, which waits no longer than so for each answer."""
        self._session.default_timeout = seconds
        return self

    def authorization_url(self, endpoint: str, state: str, verifier: str, wishes: dict[str, Any]) -> str:
        """Where the browser is to go; nothing is asked yet."""
        url, _ = self._session.create_authorization_url(endpoint, state, verifier, **wishes)
        return str(url)

    def push(self, endpoint: str, sent: dict[str, str]) -> str:
        """The name that the provider gives to a request (RFC 9126)."""
        auth = self._session.client_auth(self._session.token_endpoint_auth_method)
        asked = {"auth": auth, "withhold_token": True, "allow_redirects": False}
        return str(_object(_ask(lambda: self._session.post(endpoint, sent, **asked)), 201)["request_uri"])

    def token(self, endpoint: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The token endpoint's answer."""
        said: dict[str, Any] = _ask(lambda: self._session.fetch_token(endpoint, allow_redirects=False, **asked))
        return said

    def refreshed(self, endpoint: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The token endpoint's answer to a refresh token."""
        said: dict[str, Any] = _ask(lambda: self._session.refresh_token(endpoint, allow_redirects=False, **asked))
        return said

    def revoke(self, endpoint: str, refresh_token: str) -> None:
        """Have the provider forget a refresh token."""
        asked = {"token": refresh_token, "token_type_hint": "refresh_token", "allow_redirects": False}
        _ask(lambda: self._session.revoke_token(endpoint, **asked))

    def userinfo(self, endpoint: str, access_token: str) -> dict[str, Any]:
        """What it tells of the person whose token it is."""
        # Only these two: with the refresh token at hand the library would refresh by itself, outside our lock.
        self._session.token = {"access_token": access_token, "token_type": "Bearer"}
        return _object(_ask(lambda: self._session.get(endpoint, allow_redirects=False)), 200)


def _basic(client: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    # RFC 6749 section 2.3.1 has both halves form-encoded before they are joined; the library joins them as they are.
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


def _ask(send: Callable[[], Any]) -> Any:
    try:
        return send()
    except OAuthError as error:
        # Its description is left out: it may say more of a person than a log should.
        log.warning("provider_refused", code=str(error.error)[:80])
        raise ProviderRefused(str(error.error)) from error
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnavailable(str(error)) from error


def _object(answer: requests.Response, status: int) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError as error:
        raise ProviderUnavailable(f"{answer.url} answered {answer.status_code} without JSON") from error
    if isinstance(said, dict) and answer.status_code == status:
        return said
    if isinstance(said, dict) and "error" in said:
        raise ProviderRefused(str(said["error"]))
    raise ProviderUnavailable(f"{answer.url} answered {answer.status_code}")
