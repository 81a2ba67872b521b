"""The three providers, each told of the same two apps, the same machine and the same people before it starts."""

import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import urllib3

from bff.identity.tests.site import SECRET, client_entry, provider_at
from tests.parts.openid import how_to, keycloak, second
from tests.parts.openid.keycloak import Realm
from tests.parts.servers import free_ports

SHELL, USERS, MACHINE = "bizops-shell", "bizops-users", "payment-manager-payerfsp"
PASSWORD, SANDBOX_CODE = "bizops", "123456"
LONG_PASSWORD = "as long as the realm asks"
PEOPLE: Final = {"u-olivia": ("olivia", "Olivia Okello"), "u-marcus": ("marcus", "Marcus Mwangi")}
STEP_S = 30  # of one-time codes (RFC 6238)


@dataclass(frozen=True)
class Addresses:
    """Where the two apps are that people sign in to, and the API that the machine calls."""

    shell: str
    users: str
    api: str


@dataclass(frozen=True)
class Running:
    """A provider that runs. `code_of` is a person's one-time code; `rotate` has it sign with a new key from now on.

    `resource`: whether a machine names the API that it wants to call; Keycloak has that among the client's settings.
    """

    issuer: str
    code_of: Callable[[str], str]
    rotate: Callable[[], object]
    resource: bool = True
    realm: Realm | None = None
    password: str = PASSWORD


@contextmanager
def the_sandbox(folder: Path, at: Addresses) -> Iterator[Running]:
    """The sandbox's own provider."""
    machine = {"client_id": MACHINE, "client_secret": SECRET, "name": MACHINE, "base_url": at.api}
    clients = [client_entry(SHELL, at.shell), client_entry(USERS, at.users), machine]
    (port,) = free_ports(1)
    with contextlib.ExitStack() as stack:
        issuer = stack.enter_context(provider_at(port, folder, clients))

        def rotate() -> None:
            stack.close()
            (folder / "state" / "signing-keys.json").unlink()
            stack.enter_context(provider_at(port, folder, clients))

        yield Running(issuer, lambda _subject: SANDBOX_CODE, rotate)


@contextmanager
def the_second(folder: Path, at: Addresses) -> Iterator[Running]:
    """npm's `oidc-provider`."""
    people = [
        {"subject": subject, "username": username, "name": name, "password": PASSWORD, "code": SANDBOX_CODE}
        | {"email": f"{username}@example.com"}
        for subject, (username, name) in PEOPLE.items()
    ]
    machine = {"client_id": MACHINE, "client_secret": SECRET, "grant_types": ["client_credentials"]}
    machine |= {"redirect_uris": [], "response_types": []}
    clients = [_app(SHELL, at.shell), _app(USERS, at.users), machine]
    with second.running(folder, {"clients": clients, "people": people, "audience": at.api}) as issuer:
        yield Running(issuer, lambda _: SANDBOX_CODE, lambda: urllib3.request("POST", f"{issuer}/rotate-keys"))


def _app(client_id: str, url: str) -> dict[str, Any]:
    known = {name: value for name, value in client_entry(client_id, url).items() if name not in ("name", "base_url")}
    grants = ["authorization_code", "refresh_token"]
    return known | {"grant_types": grants, "backchannel_logout_session_required": True}


@contextmanager
def keycloak_itself(folder: Path, at: Addresses) -> Iterator[Running]:
    """Keycloak, with the realm of the how-to and the people of the tests."""
    realm = json.loads(how_to.REALM_FILE.read_text("utf-8"))
    codes = Codes()
    realm["users"] += [_user(subject, codes.secret(subject)) for subject in PEOPLE]
    open_ones = {"SHELL_URL": at.shell, "USERS_URL": at.users, "REPORTS_URL": at.api}
    open_ones |= dict.fromkeys(("SHELL_SECRET", "USERS_SECRET", "MACHINE_SECRET"), SECRET)
    with keycloak.running(folder, realm, open_ones) as running:
        yield Running(running.issuer, codes.next, lambda: _new_key(running), False, running, LONG_PASSWORD)


def _user(subject: str, secret: str) -> dict[str, Any]:
    username, name = PEOPLE[subject]
    given, _, family = name.partition(" ")
    how = {"subType": "totp", "digits": 6, "counter": 0, "period": STEP_S, "algorithm": "HmacSHA1"}
    one_time = {"type": "otp", "secretData": json.dumps({"value": secret}), "credentialData": json.dumps(how)}
    return {
        "id": subject, "username": username, "firstName": given, "lastName": family, "enabled": True,
        "email": f"{username}@example.com", "credentials": [{"type": "password", "value": LONG_PASSWORD}, one_time],
    }  # fmt: skip


def _new_key(realm: Realm) -> None:
    """A key that takes precedence over those that are there; these stay known."""
    provider, kind = "ecdsa-generated", "org.keycloak.keys.KeyProvider"
    settings = {"priority": ["500"], "ecdsaEllipticCurveKey": ["P-256"]}
    told = {"name": "newer", "providerId": provider, "providerType": kind, "config": settings}
    realm.administer("POST", "/components", told)


class Codes:
    """One-time codes (RFC 6238). None is told twice, since Keycloak takes none twice."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def secret(self, subject: str) -> str:
        """What a person's codes are made of."""
        return f"the secret of {subject}"

    def next(self, subject: str) -> str:
        """A person's next code; one step ahead of the clock is as good."""
        step = max(int(time.time()) // STEP_S, self._told.get(subject, 0) + 1)
        while step > int(time.time()) // STEP_S + 1:
            time.sleep(0.2)
        self._told[subject] = step
        digest = hmac.digest(self.secret(subject).encode(), step.to_bytes(8, "big"), hashlib.sha1)
        at = digest[-1] & 15
        return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


PROVIDERS: Final = {"sandbox": the_sandbox, "oidc-provider": the_second, "keycloak": keycloak_itself}
