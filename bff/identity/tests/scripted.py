"""A provider whose every answer a test writes: for what a well-behaved one never does."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bff.identity.provider import Provider
from bff.identity.tests.support import CLIENT, Signer, id_claims


class ScriptedProvider:
    """Answers over HTTP what `metadata`, `token_answer` and `userinfo` say; `asked` keeps what was sent."""

    def __init__(self, server: HTTPServer, **metadata: Any) -> None:
        self.url = server.url_for("/").rstrip("/")
        self.signer = Signer()
        self.metadata = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/end",
            "revocation_endpoint": f"{self.url}/revoke",
        } | metadata
        self.userinfo: dict[str, Any] = {}
        self.token_status, self.token_answer = 200, dict[str, Any]()
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        server.expect_request("/.well-known/openid-configuration").respond_with_handler(lambda _: said(self.metadata))
        server.expect_request("/jwks").respond_with_handler(lambda _: said(self.signer.jwks()))
        server.expect_request("/userinfo").respond_with_handler(lambda _: said(self.userinfo))
        for path in ("/token", "/revoke"):
            server.expect_request(path).respond_with_handler(self._token)
        server.expect_request("/par").respond_with_handler(self._pushed)

    def client(self) -> Provider:
        """The provider as our client sees it."""
        return Provider(self.url, CLIENT, "secret", "https://portal.example")

    def id_token(self, **changes: Any) -> str:
        """An ID token of this provider."""
        return self.signer.token(id_claims(iss=self.url, **changes))

    def answers(self, **changes: Any) -> None:
        """Answer token requests well from now on; a change to None leaves the member out."""
        answer = {
            "access_token": f"access-{time.monotonic_ns()}",
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": f"refresh-{time.monotonic_ns()}",
            "id_token": self.id_token(),
        } | changes
        self.token_status = 200
        self.token_answer = {name: value for name, value in answer.items() if value is not None}

    def refuses(self, status: int, **answer: str) -> None:
        """Answer token requests with an error from now on."""
        self.token_status, self.token_answer = status, dict(answer)

    def _token(self, request: Request) -> Response:
        self.asked.append((request.path, request.form.to_dict(), dict(request.headers)))
        return said(self.token_answer, self.token_status)

    def _pushed(self, request: Request) -> Response:
        self.asked.append((request.path, request.form.to_dict(), dict(request.headers)))
        return said(self.token_answer, self.token_status)


def said(answer: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(answer), status, mimetype="application/json")


def query(url: str) -> dict[str, str]:
    """The query parameters of a URL."""
    return dict(parse_qsl(urlsplit(url).query))
