"""A real Keycloak for the directory's tests: started where its distribution is at hand, with a realm of the sandbox's
people. `BIZOPS_TEST_KEYCLOAK` names the folder of the unpacked distribution."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from sandbox.provider.people import Person

VARIABLE = "BIZOPS_TEST_KEYCLOAK"
REALM = "contract"
CLIENT_ID, SECRET = "users", "a secret: with+signs"
ADMINISTRATOR = ("admin", "admin")
STARTS_WITHIN_S = 180


def distribution() -> Path | None:
    """The unpacked Keycloak, if one was named."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


@contextmanager
def running(folder: Path, people: list[Person]) -> Iterator[str]:
    """The base URL of a Keycloak that has just been started and has the realm."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name, password = ADMINISTRATOR
    environment = {**os.environ, "KC_BOOTSTRAP_ADMIN_USERNAME": name, "KC_BOOTSTRAP_ADMIN_PASSWORD": password}
    options = [f"--http-port={port}", "--http-host=127.0.0.1", "--db=dev-mem"]
    command = ["nice", str(folder / "bin" / "kc.sh"), "start-dev", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _furnish(url, _token(url), people)
            yield url
        finally:
            process.terminate()


def _token(url: str) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_S
    name, password = ADMINISTRATOR
    form = {"grant_type": "password", "client_id": "admin-cli", "username": name, "password": password}
    while True:
        try:
            answer = requests.post(f"{url}/realms/master/protocol/openid-connect/token", data=form, timeout=10)
            answer.raise_for_status()
            return str(answer.json()["access_token"])
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _furnish(url: str, token: str, people: list[Person]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    requests.post(f"{url}/admin/realms", json=_realm(people), headers=headers, timeout=60).raise_for_status()
    profile_url = f"{url}/admin/realms/{REALM}/users/profile"
    profile = requests.get(profile_url, headers=headers, timeout=10).json()
    permissions = {"view": ["admin", "user"], "edit": ["admin"]}
    profile["attributes"].append({"name": "organisation", "permissions": permissions})
    requests.put(profile_url, json=profile, headers=headers, timeout=10).raise_for_status()


def _realm(people: list[Person]) -> dict[str, Any]:
    client = {"serviceAccountsEnabled": True, "standardFlowEnabled": False, "directAccessGrantsEnabled": True}
    rights = ["view-users", "query-users", "manage-users", "view-events"]
    account = {"username": "service-account-users", "enabled": True, "serviceAccountClientId": CLIENT_ID}
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "eventsEnabled": True,
        "enabledEventTypes": ["LOGIN"],
        "clients": [{"clientId": CLIENT_ID, "secret": SECRET, **client}],
        "users": [*map(_user, people), {**account, "clientRoles": {"realm-management": rights}}],
    }


def _user(person: Person) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    password = [{"type": "password", "value": person.password}] if person.shown else []
    return {
        "id": person.subject,
        "username": person.username,
        "firstName": given,
        "lastName": family,
        "email": person.email,
        "enabled": person.active,
        "attributes": {"organisation": [person.organisation]},
        "credentials": password,
    }
