"""What the contract's tests do at a provider again and again, and the API that a machine calls."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import pytest
import requests
import urllib3
from flask import Flask
from joserfc import jws

import bff
from bff.app import create_app
from bff.identity.current import EXTENSION, Auth
from bff.identity.jwks import fetch_json
from bff.identity.provider import Provider, ProviderRefused
from bff.identity.relying_party import RelyingParty
from bff.identity.sessions import Session
from bff.identity.tests.browser import Browser, Page
from bff.identity.tests.site import SECRET, Site
from bff.settings import Settings
from bff.testing import settings_for
from bff.tests.conftest import MANIFEST, Permission, blueprint
from tests.parts.openid.conftest import World
from tests.parts.openid.forms import fill_in
from tests.parts.openid.providers import MACHINE

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROLE = """
kind: MojaloopRole
metadata: {name: gatekeeper}
spec: {role: gatekeeper, title: Gatekeeper, permissions: ["garden:gate:view"]}
"""


def signed_in(world: World, visitor: Browser, site: Site | None = None) -> Session:
    """The session of Olivia, who has just signed in."""
    world.sign_in(visitor, site or world.shell)
    return living(site or world.shell, visitor)


def living(site: Site, visitor: Browser) -> Session:
    """The session that there must be."""
    session = site.session(visitor)
    assert session, visitor.seen[-1].text
    return session


def eventually(true_of: Callable[[], bool]) -> bool:
    """Wait for what another process does."""
    until = time.monotonic() + 60
    while not true_of() and time.monotonic() < until:
        time.sleep(0.05)
    return true_of()


def told_at_the_back(site: Site, token: str) -> int:
    """What the app answers to a logout token."""
    url = f"{site.url}/auth/backchannel-logout"
    return urllib3.request("POST", url, body=urlencode({"logout_token": token}), headers=FORM).status


def refused_code(provider: Provider, session: Session) -> str:
    """The provider's word on the refresh token of a session."""
    with pytest.raises(ProviderRefused) as refused:
        provider.refresh(session.tokens)
    return refused.value.code


def answer_for(world: World, visitor: Browser) -> tuple[str, dict[str, str]]:
    """The address that leads back to the app after signing in, not opened yet, and its parameters."""
    page = fill_in(visitor, visitor.open(world.shell.url), world.typed(), stop="/auth/callback")
    assert page.leads_to, page.text
    return page.leads_to, dict(parse_qsl(urlsplit(page.leads_to).query))


def key_of(session: Session) -> str:
    """The key that an ID token was signed with."""
    return str(jws.extract_compact(session.tokens.id_token.encode()).headers()["kid"])


def step_up(world: World, visitor: Browser, demand: str) -> Page:
    """Where the provider stands when the app has asked it for a stronger or fresher sign-in."""
    return visitor.open(f"{world.shell.url}/auth/login?next=/approvals/7&{demand}", source=world.shell.url)


def machines_token(world: World) -> str:
    """The access token that a machine is given for itself."""
    endpoint = fetch_json(f"{world.provider.issuer}/.well-known/openid-configuration")["token_endpoint"]
    asked = {"grant_type": "client_credentials"} | ({"resource": world.at.api} if world.provider.resource else {})
    answer = requests.post(endpoint, data=asked, auth=(quote_plus(MACHINE), quote_plus(SECRET)), timeout=60)
    assert answer.ok, answer.text
    return str(answer.json()["access_token"])


def garden(world: World, folder: Path, base_url: str) -> Flask:
    """An app with an API at that address, and with the provider's machines among its callers."""
    (folder / "roles").mkdir(parents=True)
    (folder / "roles" / "roles.yaml").write_text(ROLE, "utf-8")
    more = {"roles_dir": folder / "roles", "base_url": base_url, "oidc_issuer": world.provider.issuer}
    settings = settings_for(Settings, folder, **more)
    return create_app("bff", settings, MANIFEST, bff.Parts([blueprint()], Permission))


def called(app: Flask, token: str) -> tuple[int, str]:
    """The API's answer to a bearer of that token."""
    answer = app.test_client().get("/api/gates", headers={"Authorization": f"Bearer {token}"})
    said = answer.get_json()
    return answer.status_code, said["detail"] if isinstance(said, dict) else ""


@contextmanager
def demanding(world: World, site: Site, acr: str) -> Iterator[None]:
    """The app, as it is with a demand on every sign-in."""
    auth: Auth = site.app.extensions[EXTENSION]
    strict = RelyingParty.of(world.settings(site, sign_in_acr=acr), site.app.name)
    strict.provider.timeout = auth.party.provider.timeout
    site.app.extensions[EXTENSION] = dataclasses.replace(auth, party=strict)
    try:
        yield
    finally:
        site.app.extensions[EXTENSION] = auth
        strict.sessions.store.close()
