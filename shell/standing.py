"""Decides how each chain stands: what its app says of it, and what the shell itself saw of it before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from flask import current_app

from bff.change.audit import Happening, Outcome, audit_log, audited_read
from bff.change.audit_api import integrity
from bff.change.audit_watch import Watch
from bff.change.heads import Head
from bff.identity.principal import Identity
from shell.asking import ask
from shell.chains import Chain
from shell.entries import Line, read
from shell.platform import Platform
from shell.reading import READ
from shell.untrusted import SHA256, BadItem, Item
from shell.witness import Claim, Seen, Testimony, Witness

CONTRADICTION: Final = "audit.contradiction"
MOST_INTENTS: Final = 50
_TIME: Final = re.compile(r"[0-9TZ:.+-]{10,40}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")
_STEP: Final = SHA256

log = structlog.get_logger()


@dataclass(frozen=True)
class Standing:
    """One chain: what its app says, and the shell's testimony; without one the app is away or makes no sense."""

    chain: Chain
    testimony: Testimony | None = None
    seen: Seen | None = None
    size: int = 0
    head: Head | None = None
    verified: bool = False
    verified_at: datetime | None = None
    problem: str = ""
    first_bad: int | None = None
    intents: Sequence[Line] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        told = self.testimony
        return bool(told and told.fault is None and self.verified and not self.problem)


def look(platform: Platform, witness: Witness, identity: Identity, chains: Sequence[Chain]) -> list[Standing]:
    """Ask every chain how it stands and compare it with what was seen. A new contradiction is itself audited."""
    seen = {chain.name: witness.seen(chain.name) for chain in chains}
    targets = [(chain.app, f"{chain.href}/integrity{_since(seen[chain.name])}") for chain in chains if chain.app]
    heard = {each.app.name: each for each in ask(platform, identity, targets)}
    found = []
    for chain in chains:
        document = heard[chain.name].document if chain.app else _own(seen[chain.name])
        found.append(_standing(witness, chain, seen[chain.name], document))
    return found


def _since(seen: Seen | None) -> str:
    return f"?since={seen.head.size}" if seen else ""


def _own(seen: Seen | None) -> dict[str, Any]:
    audited_read(READ, "integrity")
    watch: Watch = current_app.extensions["portal_audit_watch"]
    return integrity(audit_log(), watch, seen.head.size if seen else 0)


def _standing(witness: Witness, chain: Chain, seen: Seen | None, document: dict[str, Any]) -> Standing:
    if not document:
        return Standing(chain, seen=seen)
    try:
        item = Item(document)
        claim = _claim(item)
        testimony = witness.hear(chain.name, claim, seen)
        standing = Standing(
            chain=chain,
            testimony=testimony,
            seen=testimony.before,
            size=item.count("size"),
            head=claim.head if claim else None,
            verified=item.flag("verified"),
            verified_at=item.moment("verified_at") if item.holds("verified_at") else None,
            problem=item.text("problem"),
            first_bad=item.count("first_bad") if item.holds("first_bad") else None,
            intents=[read(chain.name, given) for given in item.listed("open_intents", MOST_INTENTS)],
        )
    except BadItem as problem:
        log.warning("integrity_not_read", microfrontend=chain.name, problem=str(problem))
        return Standing(chain, seen=seen)
    if testimony.news:
        _tell(chain, testimony, claim)
    return standing


def _claim(item: Item) -> Claim | None:
    """Raises BadItem."""
    if not item.holds("head"):
        return None
    head, app = item.part("head"), item.part("head").text("app", 32)
    parts = (head.word("root", SHA256), head.word("at", _TIME), head.word("key", _KEY))
    signed = Head(app, head.count("size"), *parts, head.word("signature", _SIGNATURE))
    steps = [bytes.fromhex(step) for step in item.words("consistency", _STEP)] if item.given("consistency") else None
    return Claim(signed, item.mapping("keys"), None if steps is None else tuple(steps))


def _tell(chain: Chain, testimony: Testimony, claim: Claim | None) -> None:
    """A contradiction is news once: in the shell's own audit, which the app cannot reach, and in the log."""
    was, now = testimony.before.head if testimony.before else None, claim.head if claim else None
    facts = [{"size": head.size, "root": head.root, "at": head.at} if head else {} for head in (was, now)]
    log.error("audit_contradicts_witness", microfrontend=chain.name, fault=str(testimony.fault))
    told = Happening(
        action=CONTRADICTION,
        outcome=Outcome.FAILED,
        target=f"audit:{chain.name}",
        before=facts[0],
        after=facts[1],
        reason=str(testimony.fault),
    )
    audit_log().record(told)
