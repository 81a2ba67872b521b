"""A browser and an application on loopback, to walk through the provider as black boxes do."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.serving import make_server

from sandbox.provider import Files, create_app

USERS = Path(__file__).parents[1] / "users.yaml"
MACHINES = USERS.with_name("machines.yaml")
APPLICATION = "http://localhost:9/auth/callback"
SIGNED_OUT = "http://localhost:9/auth/signed-out"
PORTAL = {
    "client_id": "shell",
    "client_secret": "shell-secret",
    "name": "BizOps Portal",
    "base_url": "http://localhost:9",
    "redirect_uris": [APPLICATION],
    "post_logout_redirect_uris": [SIGNED_OUT],
}
DIRECTORY = {"client_id": "users", "client_secret": "users-secret", "name": "Users", "scopes": ["scim"]}


class SteppingClock:
    """A clock that tests move forward, so that nobody waits."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Running:
    """A provider that answers on loopback."""

    url: str
    clock: SteppingClock

    def keys(self) -> KeySet:
        """The public keys, fetched as an application would."""
        return KeySet.import_key_set(call("GET", self.url + "/jwks").json())

    def read(self, token: str) -> jwt.Token:
        """A token of the provider, its signature checked."""
        return jwt.decode(token, self.keys(), algorithms=["ES256"])

    def token(self, client: dict[str, Any] = PORTAL, **form: Any) -> requests.Response:
        """One call of the token endpoint."""
        return call("POST", self.url + "/token", data=form, auth=credentials(client))


@contextmanager
def running_provider(state: Path, *clients: dict[str, Any], machines: Path | None = None) -> Iterator[Running]:
    """A provider on a free port of loopback, its state in a folder; without machines unless told of some."""
    listing = state / "clients.json"
    listing.write_text(json.dumps(clients or [PORTAL, DIRECTORY]))
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    running = Running(f"http://localhost:{server.port}", SteppingClock())
    server.app = create_app(running.url, Files(USERS, listing, machines), state, running.clock)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def call(method: str, url: str, **options: Any) -> requests.Response:
    """One HTTP exchange without redirects, proxies or cookies."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, allow_redirects=False, timeout=10, **options)


def credentials(client: dict[str, Any]) -> tuple[str, str]:
    """How a client authenticates."""
    return client["client_id"], client["client_secret"]


def arguments(response: requests.Response) -> dict[str, str]:
    """What the provider sent back to the application in its address."""
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


@dataclass
class Browser:
    """One person's browser, on the way from an application to the provider and back."""

    provider: Running
    client: dict[str, Any] = field(default_factory=lambda: PORTAL)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def request(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an authorization request; None leaves one out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        parameters = {
            "client_id": self.client["client_id"],
            "redirect_uri": self.client["redirect_uris"][0],
            "response_type": "code",
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (parameters | changes).items() if value is not None}

    def visit(self, **changes: Any) -> requests.Response:
        """Arrive at the authorization endpoint."""
        return self.get("/authorize", self.request(**changes))

    def get(self, path: str, parameters: dict[str, Any] | None = None) -> requests.Response:
        """Open a page of the provider, without following where it leads."""
        return self.session.get(self.provider.url + path, params=parameters, allow_redirects=False, timeout=10)

    def submit(
        self, form: dict[str, str], headers: Mapping[str, str] | None = None, **changes: Any
    ) -> requests.Response:
        """Send the sign-in form for a request."""
        url = self.provider.url + "/sign-in"
        request = self.request(**changes) if "request_uri" not in changes else changes
        return self.session.post(url, data=form, params=request, headers=headers, allow_redirects=False, timeout=10)

    def sign_in(self, subject: str = "u-101", code: str = "", **changes: Any) -> dict[str, Any]:
        """Click on a person, perhaps with a one-time code, and redeem the code that the application gets."""
        answer = arguments(self.submit({"chosen": subject, "code": code}, **changes))
        return dict(self.redeem(answer["code"]).json())

    def redeem(self, code: str, **changes: Any) -> requests.Response:
        """Exchange a code for tokens."""
        form = {"code": code, "redirect_uri": self.client["redirect_uris"][0], "code_verifier": self.verifier}
        return self.provider.token(self.client, grant_type="authorization_code", **(form | changes))

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()
