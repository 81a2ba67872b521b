"""What the shell's parts share: the registry, the client and the right to speak for a person."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from bff.identity.assertion import Minter
from bff.identity.keyring import KeyRing, ensure_key
from bff.identity.principal import Identity
from bff.web.security import CSRF_HEADER
from bff.web.slow import Slow
from shell.breaker import Breakers
from shell.client import Client
from shell.copies import Copies, copies_for
from shell.forwarding import Behalf, Fields, context
from shell.measures import Measures
from shell.messages import Request
from shell.registry import MicroFrontend, Registry
from shell.registry.keeping import Keeping
from shell.registry.store import Store
from shell.settings import ShellSettings
from shell.upstreams import Upstreams

JSON: Final = "application/json"


@dataclass(frozen=True)
class Platform:
    """One per shell."""

    settings: ShellSettings
    client: Client
    registry: Registry
    keys: KeyRing
    minter: Minter
    breakers: Breakers
    measures: Measures
    upstreams: Upstreams
    copies: Copies
    slow: Slow

    @classmethod
    def of(cls, settings: ShellSettings) -> Self:
        """Made, but not yet watching. Raises KeyFileError."""
        path = settings.assertion_keys or settings.state_dir / "assertion-keys.json"
        ensure_key(path)
        client, keys = Client(), KeyRing(path)
        database = settings.own_database
        registry = Registry(settings.origins(), client, Store(database), Keeping(database))
        breakers, measures = Breakers(), Measures()
        upstreams = Upstreams(client, breakers, measures, settings.shares())
        copies = copies_for(settings.redis_url, settings.copies_bytes)
        minter, slow = Minter(settings.base_url, keys), Slow(settings.slow_ms)
        return cls(settings, client, registry, keys, minter, breakers, measures, upstreams, copies, slow)

    def request(self, app: MicroFrontend, behalf: Behalf, target: str, fields: Fields) -> Request:
        """A GET of a micro-frontend in the name of a person."""
        told = context(app, behalf, self.minter, self.settings.time_zone)
        step = behalf.step()
        return Request(app.origin, target, (*told, ("traceparent", step.traceparent), *fields), step=step)

    def order(self, app: MicroFrontend, identity: Identity, target: str, document: Any) -> Request:
        """A POST of JSON to a micro-frontend in the name of a person, with the token of their session."""
        fields = [("Accept", JSON), ("Content-Type", JSON), (CSRF_HEADER, identity.csrf)]
        asked = self.request(app, Behalf.here(identity), target, fields)
        return replace(asked, method="POST", content=json.dumps(document).encode())

    def close(self) -> None:
        self.registry.stop()
        self.upstreams.close()
        self.client.close()
        self.copies.close()
