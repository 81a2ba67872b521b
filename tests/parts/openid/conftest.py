"""Each provider in turn, with two apps that people sign in to and one that a machine calls."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from bff.identity.tests.browser import Browser, Page
from bff.identity.tests.site import SECRET, Site, app_of, served, settings_of
from bff.identity.tests.support import Clock
from bff.settings import Settings
from tests.chromium import browser_type_launch_args
from tests.parts.openid.forms import fill_in
from tests.parts.openid.providers import PEOPLE, PROVIDERS, SHELL, USERS, Addresses, Running

__all__ = ["browser_type_launch_args"]  # found here by pytest


@dataclass
class World:
    """A provider and what it is the provider of. `notices` are the logout tokens that each app was sent."""

    name: str
    provider: Running
    at: Addresses
    shell: Site
    users: Site
    folder: Path
    notices: dict[str, list[str]] = field(default_factory=dict)

    def settings(self, site: Site, **more: Any) -> Settings:
        """The settings of an app; some otherwise."""
        return _settings(self.folder, site.app.name, site.url, oidc_issuer=self.provider.issuer, **more)

    def typed(self, who: str = "u-olivia", *, code: bool = False) -> dict[str, str]:
        """What a person types; Keycloak calls the field of the one-time code `otp`."""
        known = {"username": PEOPLE[who][0], "password": self.provider.password}
        return known | (dict.fromkeys(("code", "otp"), self.provider.code_of(who)) if code else {})

    def sign_in(self, visitor: Browser, site: Site, path: str = "/", who: str = "u-olivia") -> Page:
        """Open a page of an app, type into the provider's forms, and come back."""
        return fill_in(visitor, visitor.open(site.url + path), self.typed(who))

    def sign_out(self, visitor: Browser, site: Site) -> Page:
        """Press the button on a page of an app, and the provider's own where it has one."""
        session = site.session(visitor)
        token = session.csrf if session else ""
        page = visitor.post(f"{site.url}/auth/logout", {"csrf_token": token}, source=f"{site.url}/")
        return fill_in(visitor, page, {"logout": "yes"})


def _settings(folder: Path, client_id: str, url: str, **more: Any) -> Settings:
    client = {"oidc_client_id": client_id, "oidc_client_secret": SECRET}
    return settings_of(url, "", folder / client_id, **(client | more))


def _site(folder: Path, client_id: str, url: str, issuer: str) -> Site:
    site = Site(url, app_of(_settings(folder, client_id, url, oidc_issuer=issuer), client_id), Clock(), issuer)
    party = site.auth.party
    party.sessions.clock = party.provider.clock = site.clock
    party.provider.timeout = 60.0  # machines that test are busy
    return site


def _noted(app: Flask, notices: list[str]) -> None:
    """Keep what the provider sends behind the browser's back, before the app looks at it."""

    def note() -> None:
        if request.path == "/auth/backchannel-logout":
            notices.append(request.form.get("logout_token", ""))

    app.before_request(note)


@contextlib.contextmanager
def _begun(name: str, folder: Path) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        # Held from now on: a provider takes its time to start, and is told of these addresses before.
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        at = Addresses(*(f"http://localhost:{each.getsockname()[1]}" for each in held))
        provider = stack.enter_context(PROVIDERS[name](folder, at))
        shell, users = (_site(folder, *app, provider.issuer) for app in ((SHELL, at.shell), (USERS, at.users)))
        world = World(name, provider, at, shell, users, folder)
        for site, listener in zip((shell, users), held, strict=False):
            _noted(site.app, world.notices.setdefault(site.app.name, []))
            stack.enter_context(served(site.app, int(site.url.rpartition(":")[2]), listener.fileno()))
            stack.callback(site.auth.party.sessions.store.close)
        yield world


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    """The world of each provider, which begins when it is first asked for and lasts."""
    with contextlib.ExitStack() as stack:
        known: dict[str, World | RuntimeError] = {}

        def begin(name: str) -> World:
            if name not in known:
                try:
                    known[name] = stack.enter_context(_begun(name, tmp_path_factory.mktemp("openid")))
                except RuntimeError as problem:
                    known[name] = problem  # the next test need not wait for the same again
            world = known[name]
            if isinstance(world, RuntimeError):
                pytest.fail(str(world))
            return world

        yield begin


@pytest.fixture(params=sorted(PROVIDERS))
def world_of(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    """The world of one provider after the other."""
    return worlds(str(request.param))


@pytest.fixture
def world(world_of: World) -> World:
    """The same, its clocks right and nothing noted yet."""
    for site in (world_of.shell, world_of.users):
        site.clock.ahead = 0.0
    for notices in world_of.notices.values():
        notices.clear()
    return world_of


@pytest.fixture
def visitor() -> Iterator[Browser]:
    """A browser that has been nowhere yet."""
    fresh = Browser()
    fresh.pool = fresh.pool.__class__(retries=False, timeout=60)
    yield fresh
    fresh.pool.clear()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """English pages, whoever has written them."""
    return {**browser_context_args, "locale": "en-GB"}
