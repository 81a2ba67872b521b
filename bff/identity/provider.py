"""What we ask of the OpenID provider, and what its answers mean."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bff.identity.jwks import DocumentUnavailable, RemoteKeys, fetch_json
from bff.identity.metadata import Metadata, ProviderUnavailable
from bff.identity.sessions import Tokens

if TYPE_CHECKING:
    from bff.identity.oauth import Channel

TIMEOUT_S = 5.0
SCOPE = "openid profile email"
TIMEOUT_S = 5.0
UNSAID_LIFE_S = 300  # of an access token whose answer does not say how long it lives


class ProviderRefused(Exception):
    """The provider said no, in OAuth's terms: `code` is its error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Demand:
    """A stronger or fresher sign-in than usual: any of the `acr` values, not older than `max_age` seconds."""

    acr: tuple[str, ...] = ()
    max_age: int | None = None

    def __bool__(self) -> bool:
        return bool(self.acr) or self.max_age is not None


@dataclass(frozen=True)
class Secrets:
    """The three random values of one login: against forgery, against replay, and PKCE's verifier."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One OpenID provider, as one confidential client of it sees it."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, base_url: str) -> None:
        self.issuer, self.client_id, self._secret, self._base_url = issuer, client_id, client_secret, base_url
        self.clock: Callable[[], float] = time.time
        self.timeout = TIMEOUT_S
        self._metadata = Metadata(issuer)
        self.keys = RemoteKeys(self._fetch_keys)

    def authorization_url(self, secrets: Secrets, demand: Demand) -> str:
        """Where the browser goes to sign in. Raises ProviderUnavailable, or ProviderRefused by a pushed request."""
        about = self._metadata.current()
        wishes = _wishes(demand, by_name=bool(about.get("claims_parameter_supported")))
        with self._client(about) as client:
            wishes |= {"nonce": secrets.nonce}
            url = client.authorization_url(about["authorization_endpoint"], secrets.state, secrets.verifier, wishes)
            if "pushed_authorization_request_endpoint" in about:
                # RFC 9126: the request goes over the back channel, the browser carries only its name.
                sent = dict(parse_qsl(urlsplit(url).query))
                name = client.push(about["pushed_authorization_request_endpoint"], sent)
                named = {"client_id": self.client_id, "request_uri": name}
                url = f"{about['authorization_endpoint']}?{urlencode(named)}"
        return str(url)

    def exchange(self, code: str, verifier: str) -> Tokens:
        """The tokens for an authorisation code. Raises ProviderRefused or ProviderUnavailable, as the rest do."""
        about = self._metadata.current()
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        with self._client(about) as client:
            said = client.token(about["token_endpoint"], asked)
        return _tokens(said, None, self.clock())

    def refresh(self, tokens: Tokens) -> Tokens:
        """New tokens for old ones. What the answer leaves out (refresh token, ID token) stays as it was."""
        about = self._metadata.current()
        # The scope that was granted, not the one we configured: asking for more is refused.
        asked = {"refresh_token": tokens.refresh_token, "scope": tokens.scope}
        with self._client(about) as client:
            said = client.refreshed(about["token_endpoint"], asked)
        return _tokens(said, tokens, self.clock())

    def revoke(self, refresh_token: str) -> None:
        """Make a refresh token worthless, where the provider lets us."""
        about = self._metadata.current()
        if "revocation_endpoint" in about:
            with self._client(about) as client:
                client.revoke(about["revocation_endpoint"], refresh_token)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """What the provider tells of the person beside the ID token; empty where it has no such endpoint."""
        about = self._metadata.current()
        if "userinfo_endpoint" not in about:
            return {}
        with self._client(about) as client:
            return client.userinfo(about["userinfo_endpoint"], access_token)

    def end_session_url(self, id_token: str | None) -> str | None:
        """Where the browser goes to end the session at the provider, or None where it offers no such place."""
        endpoint = self._metadata.current().get("end_session_endpoint")
        if not endpoint:
            return None
        asked = {"client_id": self.client_id, "post_logout_redirect_uri": f"{self._base_url}/auth/signed-out"}
        if id_token:
            asked["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def signs_its_answers(self) -> bool:
        """Whether every answer of the authorisation endpoint names the issuer (RFC 9207)."""
        return bool(self._metadata.current().get("authorization_response_iss_parameter_supported"))

    def _client(self, about: dict[str, Any]) -> "Channel":
        from bff.identity.oauth import Channel  # here: composed by the shell, an app signs nobody in

        offered = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        way = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return Channel(self.client_id, self._secret, f"{self._base_url}/auth/callback", way, self.timeout)

    def _fetch_keys(self) -> dict[str, Any]:
        try:
            return fetch_json(self._metadata.current()["jwks_uri"])
        except ProviderUnavailable as error:
            raise DocumentUnavailable(str(error)) from error


def _wishes(demand: Demand, *, by_name: bool) -> dict[str, Any]:
    wishes: dict[str, Any] = {}
    if demand.acr:
        wishes["acr_values"] = " ".join(demand.acr)
    if demand.max_age is not None:
        wishes["max_age"] = demand.max_age
    if by_name:
        # A provider may put these into the ID token only when they are asked for one by one.
        wishes["claims"] = json.dumps({"id_token": {"auth_time": {"essential": True}, "acr": None, "amr": None}})
    return wishes


def _tokens(said: dict[str, Any], old: Tokens | None, now: float) -> Tokens:
    access, identity = said.get("access_token"), said.get("id_token") or (old.id_token if old else None)
    refresh = said.get("refresh_token") or (old.refresh_token if old else None)
    if not isinstance(access, str) or not isinstance(identity, str) or not isinstance(refresh, str | None):
        raise ProviderUnavailable("the answer of the token endpoint lacks a token")
    try:
        life = int(said.get("expires_in") or UNSAID_LIFE_S)
    except (TypeError, ValueError) as error:
        raise ProviderUnavailable("expires_in is no number") from error
    scope = said.get("scope") or (old.scope if old else SCOPE)
    return Tokens(access, refresh, identity, str(scope), now + life)
