"""What the shell's parts share: the registry, the client and the right to speak for a person."""

from dataclasses import dataclass
from typing import Self

from bff.identity.assertion import Minter
from bff.identity.keyring import KeyRing, ensure_key
from bff.identity.principal import Identity
from shell.client import Client, Request
from shell.forwarding import Fields, context
from shell.registry import MicroFrontend, Registry
from shell.settings import ShellSettings


@dataclass(frozen=True)
class Platform:
    """One per shell."""

    settings: ShellSettings
    client: Client
    registry: Registry
    keys: KeyRing
    minter: Minter

    @classmethod
    def of(cls, settings: ShellSettings) -> Self:
        """Made, but not yet watching. Raises KeyFileError."""
        path = settings.assertion_keys or settings.state_dir / "assertion-keys.json"
        ensure_key(path)
        client, keys = Client(), KeyRing(path)
        registry = Registry(settings.origins(), client, settings.state_dir / "manifests")
        return cls(settings, client, registry, keys, Minter(settings.base_url, keys))

    def request(self, app: MicroFrontend, identity: Identity, target: str, fields: Fields) -> Request:
        """A GET of a micro-frontend in the name of a person."""
        told = context(app, identity, self.minter, self.settings.time_zone)
        return Request(app.origin, target, (*told, *fields))

    def close(self) -> None:
        self.registry.stop()
        self.client.close()
