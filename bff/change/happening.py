"""What the audit remembers of one happening: who, what, on what, and how it ended; and its one canonical form."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from bff.identity.principal import Identity
from bff.money import Money

NO_ENTRY = "0" * 64  # what the first entry of a chain names as the one before it


class Outcome(StrEnum):
    """How a happening ended, or how far it has come. INTENT is written before the hub is called."""

    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"
    READ = "read"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"


# What settles an intent. UNKNOWN does not: somebody still has to find out.
SETTLING = (Outcome.DONE, Outcome.FAILED, Outcome.REFUSED, Outcome.STALE)


@dataclass(frozen=True)
class Actor:
    """Who acted, as they were at the time. `session` names their session and cannot open it; `kind` is said of clients.

    A client's `session` names the access token that it came with.
    """

    subject: str
    name: str
    username: str
    roles: tuple[str, ...] = ()
    session: str = ""
    participants: tuple[str, ...] = ()
    kind: str = ""

    @classmethod
    def of(cls, identity: Identity) -> "Actor":
        """Whoever asks in a request."""
        who, kind = identity, MACHINE if identity.machine else ""
        return cls(who.subject, who.name, who.username, who.roles, who.session, tuple(sorted(who.participants)), kind)

    def as_json(self) -> dict[str, Any]:
        """The actor as the chain keeps it: of people no kind is said, as it never was."""
        return {name: value for name, value in vars(self).items() if name != "kind" or value}


MACHINE = "machine"
SYSTEM = Actor("system", "The portal itself", "system")
NOBODY = Actor("nobody", "Nobody signed in", "nobody")


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing to remember. Values may be text, whole numbers, amounts, times, and lists and mappings of them.

    `target` names the object with its kind (`person:u-105`); `task` binds an outcome to its intent. Never put a
    token, a password or a whole form into it: nothing here can be taken back.
    """

    action: str
    outcome: Outcome
    target: str = ""
    participant: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    task: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A happening with its place in the chain: `previous` is the hash of the entry before, `hash` its own."""

    seq: int
    at: str
    app: str
    version: str
    actor: Actor
    action: str
    target: str
    participant: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str
    outcome: str
    task: str
    request_id: str
    trace_id: str
    detail: Mapping[str, Any]
    previous: str
    hash: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Entry":
        """The entry of a body. Raises ValueError when it is not the body of one."""
        try:
            given = body["actor"]
            lists = {name: tuple(given[name]) for name in ("roles", "participants")}
            return cls(**{**body, "actor": Actor(**{**given, **lists}), "hash": leaf_hash(canonical(body)).hex()})
        except (KeyError, TypeError) as problem:
            raise ValueError(f"it is no entry: {problem}") from problem

    def as_json(self) -> dict[str, Any]:
        """The entry as programs read it, with its hash."""
        return {**vars(self), "actor": self.actor.as_json()}


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way to write a value down: JSON with sorted keys, no spaces, UTF-8. Raises ValueError for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def leaf_hash(body: bytes) -> bytes:
    """The hash of an entry: that of a leaf in RFC 6962, so that chain and tree speak of the same thing."""
    return sha256(b"\x00" + body).digest()


def plain(value: Any) -> Any:
    """The value in types that have one canonical form. Raises TypeError for a float and for what nobody foresaw."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        # Half a surrogate pair cannot be written as UTF-8.
        return str(value) if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Money):
        return {"amount": f"{value.at_scale():f}", "currency": value.currency}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"an audit entry cannot hold a {type(value).__name__}; write it as text")
