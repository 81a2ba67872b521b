"""Decides whether an app's audit still is what the shell once saw of it: the last signed head of each is kept here."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bff.change.heads import Head, key_document, public_keys
from bff.change.merkle import extends
from bff.database import engine_for

witnessed_head = sa.Table(
    "witnessed_head",
    sa.MetaData(),
    sa.Column("app", sa.String(32), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.String(64), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
    sa.Column("public", sa.Text, nullable=False),  # the key that signed it, as a JWK set
    sa.Column("seen_at", sa.DateTime, nullable=False),
    sa.Column("fault", sa.String(16), nullable=False),
    sa.Column("fault_at", sa.DateTime, nullable=True),
)
_COLUMNS: Final = witnessed_head.c


class Fault(StrEnum):
    """How an audit contradicts what was seen of it, or fails to vouch for itself."""

    FOREIGN = "foreign"  # a head of another app
    UNSIGNED = "unsigned"  # no key that it offers has signed its head
    SHRUNK = "shrunk"
    CHANGED = "changed"
    UNPROVEN = "unproven"  # it does not show that it continues what was seen


@dataclass(frozen=True, slots=True)
class Seen:
    """The head of an app that was seen last, when; and since when something contradicts it."""

    head: Head
    public: str
    at: datetime
    fault: str = ""
    fault_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What an app says of its audit now: its signed head, the keys it offers, and how the head follows the one seen."""

    head: Head
    keys: dict[str, Any]
    proof: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the witness says of a claim. `before` is what it had seen; `news`: the fault was not known until now."""

    fault: Fault | None
    before: Seen | None
    new_key: bool = False
    news: bool = False


class Witness:
    """The heads in the shell's own database."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)

    def seen(self, app: str) -> Seen | None:
        """What was seen of an app."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(witnessed_head).where(_COLUMNS.app == app)).one_or_none()
        if row is None:
            return None
        head = Head(row.app, row.size, row.root, row.at, row.key, row.signature)
        return Seen(head, row.public, _aware(row.seen_at), row.fault, _aware(row.fault_at) if row.fault_at else None)

    def hear(self, app: str, claim: Claim | None, before: Seen | None) -> Testimony:
        """Compare what an app claims with what was seen of it, and keep the head that is believed, or the fault.

        None is the claim of an audit that is empty."""
        fault = _fault(app, claim, before)
        if fault is None:
            if claim is not None:
                self._keep(claim, before)
            return Testimony(None, before, bool(claim and before and before.head.key != claim.head.key))
        if before is None or before.fault == fault:
            return Testimony(fault, before, news=before is None)
        now = datetime.now(UTC)
        self._update(before, {"fault": str(fault), "fault_at": _naive(now)})
        return Testimony(fault, replace(before, fault=str(fault), fault_at=now), news=True)

    def _keep(self, claim: Claim, before: Seen | None) -> None:
        known = [key_document(key) for key in claim.keys["keys"] if key.get("crv") == "Ed25519"]
        used = [key for key in known if key["kid"] == claim.head.key]
        seen = {"public": json.dumps({"keys": used}), "seen_at": _naive(datetime.now(UTC))}
        values = {**claim.head.as_json(), **seen, "fault": "", "fault_at": None}
        if before is not None:
            self._update(before, values)
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(witnessed_head).values(values))
        except IntegrityError:
            return  # another reader was first; what they saw stands

    def _update(self, before: Seen, values: dict[str, Any]) -> None:
        # Only where nobody has seen more meanwhile: a head never gives way to an older one.
        same = sa.and_(_COLUMNS.app == before.head.app, _COLUMNS.size == before.head.size)
        with self._engine.begin() as connection:
            connection.execute(sa.update(witnessed_head).where(same).values(**values))


def _fault(app: str, claim: Claim | None, before: Seen | None) -> Fault | None:
    if claim is None:
        return Fault.SHRUNK if before else None
    if claim.head.app != app:
        return Fault.FOREIGN
    if not _signed(claim):
        return Fault.UNSIGNED
    if before is None:
        return None
    old, new = before.head, claim.head
    if new.size < old.size:
        return Fault.SHRUNK
    if new.size == old.size:
        return None if new.root == old.root else Fault.CHANGED
    if claim.proof is None:
        return Fault.UNPROVEN
    roots = (old.size, bytes.fromhex(old.root)), (new.size, bytes.fromhex(new.root))
    return None if extends(*roots, claim.proof) else Fault.CHANGED


def _signed(claim: Claim) -> bool:
    try:
        return len(bytes.fromhex(claim.head.root)) == 32 and claim.head.signed_by(public_keys(claim.keys))
    except ValueError:
        return False


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
