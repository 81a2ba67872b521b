"""Verifying an audit where it lies: every row against its entry, and the head row against them all."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, select

from bff.change.audit_files import Verdict
from bff.change.audit_reading import Reading
from bff.change.audit_table import as_text, audit_entry, audit_head, query_columns
from bff.change.happening import canonical, leaf_hash
from bff.change.heads import PublicKeys
from bff.change.verify import Bad, Chain, Fault, Item, Trust, Witnesses, strict_json

LOWEST = -(2**62)  # an entry that was slipped in before the first is found too


def take_row(chain: Chain, row: Row[Any]) -> None:
    """Follow one entry in its row. Raises Bad."""
    expected = chain.size + 1
    if row.seq != expected:
        raise Bad(min(row.seq, expected), Fault.MISSING if row.seq > expected else Fault.MISPLACED)
    try:
        body = strict_json(row.body)
        as_written = canonical(body).decode() == row.body
    except (ValueError, RecursionError) as problem:
        raise Bad(expected, Fault.UNREADABLE) from problem
    if not as_written:
        raise Bad(expected, Fault.EDITED)
    _, made = chain.peaks.append(leaf_hash(row.body.encode()))
    chain.take(Item(body, row.hash, row.root, row.signer, row.signature))
    if row.nodes != as_text(made[1:]) or misfiled(row, body):
        raise Bad(expected, Fault.MISFILED)


def misfiled(row: Row[Any], body: Mapping[str, Any]) -> bool:
    """Whether a search would find the entry as something that it is not, or not find it."""
    return any(getattr(row, name) != said for name, said in query_columns(body).items())


def verify_live(reading: Reading, keys: PublicKeys, witnesses: Witnesses | None) -> Verdict:
    """Follow the whole audit in its database."""
    chain = Chain(reading.app, Trust(keys), witnesses)
    finding = None
    try:
        _follow(reading, chain)
    except Bad as bad:
        finding = bad.finding
    return Verdict(chain.app, 1, chain.size, chain.peaks.root().hex(), chain.key, finding)


def _follow(reading: Reading, chain: Chain) -> None:
    newest = select(func.max(audit_entry.c.seq)).scalar_subquery()
    with reading.engine.connect() as connection:
        head = connection.execute(select(audit_head, newest.label("newest"))).one_or_none()
    if head is None:
        raise Bad(1, Fault.CUT)
    for row in reading.rows(LOWEST, max(head.size, head.newest or 0)):
        take_row(chain, row)
    chain.end(head.size)
    if (head.peaks, head.hash) != (as_text(chain.peaks.peaks), chain.previous):
        raise Bad(chain.size, Fault.MISFILED)
