"""What the views of one running provider share."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from sandbox.provider.backchannel import announce_end
from sandbox.provider.clients import Clients
from sandbox.provider.grants import Grants
from sandbox.provider.people import People
from sandbox.provider.sessions import Session, Sessions
from sandbox.provider.store import Clock, Store
from sandbox.provider.tokens import Tokens

NAME = "sandbox-provider"


@dataclass(frozen=True)
class Provider:
    """The provider's parts."""

    issuer: str
    clock: Clock
    store: Store
    people: People
    clients: Clients
    sessions: Sessions
    grants: Grants
    tokens: Tokens

    def end(self, session: Session) -> None:
        """End a session and tell its applications."""
        self.sessions.end(session)
        announce_end(session, self.clients, self.tokens)


def provider() -> Provider:
    """The provider of the current app."""
    return cast(Provider, current_app.extensions[NAME])
