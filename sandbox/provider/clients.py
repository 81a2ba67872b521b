"""Which applications may use the provider, and what each has registered."""

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.provider.errors import Refused
from sandbox.provider.people import Person


@dataclass(frozen=True)
class Client:
    """One confidential client. `scopes` are those it may ask for in its own name."""

    client_id: str
    client_secret: str
    name: str
    base_url: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    scopes: tuple[str, ...] = ()

    def keeps(self, secret: str) -> bool:
        """Whether this is the client's secret."""
        return hmac.compare_digest(self.client_secret.encode(), secret.encode())


class Clients:
    """The registered clients."""

    def __init__(self, clients: tuple[Client, ...]) -> None:
        self._by_id = {client.client_id: client for client in clients}

    def __iter__(self) -> Iterator[Client]:
        return iter(self._by_id.values())

    def get(self, client_id: str) -> Client | None:
        """The client with this id."""
        return self._by_id.get(client_id)

    def authenticate(self, basic: tuple[str, str] | None, form: Mapping[str, str]) -> Client:
        """The client that proves its secret, in the Authorization header or the form. Raises Refused (401)."""
        client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        client = self.get(client_id)
        if client is None or not client.keeps(secret):
            raise Refused("invalid_client", "unknown client or wrong secret", 401)
        return client

    def audiences(self) -> frozenset[str]:
        """What an access token may be made for: each client, by its id or its base URL."""
        return frozenset(value for client in self for value in (client.client_id, client.base_url) if value)


def read_clients(path: Path, machines: Iterable[Person] = ()) -> Clients:
    """The clients of a JSON file, a list of objects with the fields of `Client`; and the machines."""
    listed = [_client(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    return Clients((*listed, *(Client(each.subject, each.password, each.name) for each in machines)))


def _client(entry: dict[str, Any]) -> Client:
    lists: dict[str, Any] = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Client(**{**entry, **lists})
