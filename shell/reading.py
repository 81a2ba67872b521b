"""Decides how chains are read: the shell's own from its database, every other over HTTP in the reader's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from flask_babel import gettext as _

from bff.change.audit import AuditLog, AuditQuery, audit_log, audited_read
from bff.errors import Missing
from bff.identity.principal import Identity
from shell.asking import Heard, ask
from shell.chains import OWN, Chain
from shell.entries import Line, own, read
from shell.merge import Batch, Cursor
from shell.platform import Platform
from shell.untrusted import BadItem, Item

READ: Final = "audit.read"
log = structlog.get_logger()


class Silent(Exception):
    """The app of a chain does not answer."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain.name)
        self.chain = chain


@dataclass(frozen=True, slots=True)
class Part:
    """What one chain told of itself. Without a batch it is away; `unread` entries of it could not be believed."""

    chain: Chain
    batch: Batch | None = None
    total: int | None = None
    unread: int = 0


@dataclass(frozen=True)
class Reader:
    """One person's reading of the chains that are theirs to read."""

    platform: Platform
    identity: Identity

    def page(self, chains: Sequence[Chain], query: Mapping[str, str], cursor: Cursor, size: int) -> list[Part]:
        """The next `size` entries of every chain that has not ended, in the chains' order."""
        going = [chain for chain in chains if not cursor.ended(chain.name)]
        targets = [
            (chain.app, f"{chain.href}?{urlencode(_asked(query, cursor.before(chain.name), size))}")
            for chain in going
            if chain.app
        ]
        heard = {each.app.name: each for each in ask(self.platform, self.identity, targets)}
        return [
            _part(chain, heard[chain.name], cursor.before(chain.name)) if chain.app else _own_page(query, cursor, size)
            for chain in going
        ]

    def entry(self, chain: Chain, seq: int) -> Line:
        """One entry. Raises Missing, Silent."""
        if chain.app is None:
            audited_read(READ, f"entry:{seq}")
            found = audit_log().entry(seq)
            if found is None:
                raise Missing(_no_entry(seq))
            return own(found)
        heard = ask(self.platform, self.identity, [(chain.app, f"{chain.href}/{seq}")])[0]
        if heard.away:
            raise Silent(chain)
        if not heard.ok:
            raise Missing(_no_entry(seq))
        try:
            line = read(chain.name, _body_of(heard.document))
        except BadItem as problem:
            log.warning("entry_not_read", microfrontend=chain.name, problem=str(problem))
            raise Silent(chain) from problem
        if line.seq != seq:
            raise Silent(chain)
        return line


def _body_of(document: dict[str, Any]) -> Any:
    """An entry by itself, or as evidence: its body with its hash, and proofs beside it."""
    body = document.get("entry")
    return {**body, "hash": document.get("hash")} if isinstance(body, dict) else document


def _no_entry(seq: int) -> str:
    return str(_("There is no entry %(number)s.", number=seq))


def _asked(query: Mapping[str, str], before: int | None, size: int) -> dict[str, Any]:
    return {**query, **({} if before is None else {"before": before}), "limit": size}


def _own_page(query: Mapping[str, str], cursor: Cursor, size: int) -> Part:
    entries: AuditLog = audit_log()
    told = {**query, "since": query.get("from", ""), "until": query.get("to", "")}
    facts = {name: value for name, value in told.items() if name not in ("from", "to")}
    page = entries.entries(AuditQuery(**facts, before=cursor.before(OWN), limit=size))
    audited_read(READ, "audit", detail={"query": dict(query), "entries": len(page.entries)})
    return Part(Chain(OWN), Batch(OWN, [own(entry) for entry in page.entries], page.next), page.total)


def _part(chain: Chain, heard: Heard, before: int | None) -> Part:
    if not heard.ok:
        return Part(chain)
    item, listed = Item(heard.document), heard.document.get("entries")
    try:
        goes_on = item.count("next") if item.holds("next") else None
        exact = item.holds("total_known") and (item.flag("total_exact") or not item.given("total_exact"))
        total = item.count("total_known") if exact else None
    except BadItem as problem:
        log.warning("audit_not_read", microfrontend=chain.name, problem=str(problem))
        return Part(chain)
    told = listed if isinstance(listed, list) else []
    lines = _descending(chain, told, before)
    if goes_on is not None and goes_on >= min(before or goes_on + 1, lines[-1].seq + 1 if lines else goes_on + 1):
        # Going on where it has been already would never end.
        return Part(chain)
    return Part(chain, Batch(chain.name, lines, goes_on), total, len(told) - len(lines))


def _descending(chain: Chain, told: Sequence[Any], before: int | None) -> list[Line]:
    """The entries that can be believed, each older than the one above it: another order would show some twice."""
    lines: list[Line] = []
    for given in told:
        try:
            line = read(chain.name, given)
        except BadItem as problem:
            log.warning("entry_not_read", microfrontend=chain.name, problem=str(problem))
            continue
        last = lines[-1].seq if lines else before
        if line.seq > 0 and (last is None or line.seq < last):
            lines.append(line)
    return lines
