"""For authors of apps: an app under test with identities of one's own making, asserted as the shell would."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import structlog
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from bff.access.assignments import SqlAssignments
from bff.identity.assertion import HEADER, TYPE
from bff.identity.current import EXTENSION, Auth
from bff.identity.jwks import RemoteKeys
from bff.logs import configure_logs
from bff.settings import Settings

S = TypeVar("S", bound=Settings)
SHELL = "http://shell.test"
CSRF = "the-session's-token"
_KEY = ECKey.generate_key("P-256", auto_kid=True)
_PROVIDER = ECKey.generate_key("P-256", auto_kid=True)
_PROVIDERS = RemoteKeys(lambda: dict(KeySet([_PROVIDER]).as_dict(private=False)))


def settings_for(kind: type[S], folder: Path, **more: Any) -> S:
    """Complete settings for an app under test, its stores in a folder."""
    store = f"sqlite:///{folder / 'access.sqlite'}"
    SqlAssignments(store).prepare()
    values: dict[str, Any] = {
        "base_url": "http://localhost",
        "environment": "sandbox",
        "state_dir": folder,
        "log_level": "ERROR",
        "oidc_issuer": "http://provider.test",
        "oidc_client_id": "test",
        "oidc_client_secret": "test-secret",
        "access_database_url": store,
        "shell_url": SHELL,
        "shell_keys": write_jwks(folder / "shell-keys.json"),
    }
    return kind(**(values | more))


def jwks() -> dict[str, Any]:
    """The public keys of the shell that `user_with` plays."""
    return dict(KeySet([_KEY]).as_dict(private=False))


def assertion(app_name: str, permissions: Iterable[str] = (), **claims: Any) -> str:
    """An assertion such as the shell mints; any claim may be given otherwise, to see it refused."""
    now = int(time.time())
    stated = {
        "iss": SHELL, "aud": app_name, "sub": "u-olivia", "name": "Olivia Okello", "username": "olivia",
        "participants": [], "hub": True, "permissions": sorted(permissions), "roles": ["operator"], "csrf": CSRF,
        "sid": "5e5510", "acr": None, "amr": [], "auth_time": now, "iat": now, "nbf": now, "exp": now + 60,
        "jti": str(time.monotonic_ns()),
    } | claims  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": _KEY.kid, "typ": TYPE}, stated, _KEY, algorithms=["ES256"])


def user_with(app: Flask, *permissions: str, **claims: Any) -> FlaskClient:
    """A client that reaches the app through the shell, as a person with these permissions."""
    client = app.test_client()
    name = app.extensions["portal_manifest"].name
    headers = {HEADER: assertion(name, permissions, **claims), "Portal-Mount": f"/{name}", "X-CSRF-Token": CSRF}
    client.environ_base.update({f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()})
    return client


def access_token(app: Flask, client_id: str, **claims: Any) -> str:
    """An access token such as the app's provider gives a client for itself; any claim may be given otherwise."""
    settings: Settings = app.extensions["portal_settings"]
    auth: Auth = app.extensions[EXTENSION]
    auth.party.provider.keys = _PROVIDERS
    now = int(time.time())
    stated = {
        "iss": settings.oidc_issuer, "sub": client_id, "client_id": client_id, "aud": settings.base_url, "iat": now,
        "exp": now + 60, "jti": str(time.monotonic_ns()),
    } | claims  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": _PROVIDER.kid, "typ": "at+jwt"}, stated, _PROVIDER, algorithms=["ES256"])


def machine(app: Flask, client_id: str, **claims: Any) -> FlaskClient:
    """A client that calls the app's API in its own name; what it may do stands in the app's store of roles."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {access_token(app, client_id, **claims)}"
    return client


def write_jwks(path: Path) -> Path:
    """The public keys as a file, for an app that runs in a process of its own."""
    path.write_text(json.dumps(jwks()), "utf-8")
    return path


@contextmanager
def captured_logs() -> Iterator[list[dict[str, Any]]]:
    """What is logged meanwhile, at the level of a running app."""
    before = structlog.get_config()
    configure_logs("INFO")
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as entries:
        yield entries  # type: ignore[misc]
    structlog.configure(**before)
