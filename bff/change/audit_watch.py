"""What a running app knows of its own audit: new entries are followed, old ones read again, a piece at each look."""

import json
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row

from bff.change.audit_live import LOWEST, misfiled, take_row
from bff.change.audit_reading import Reading
from bff.change.audit_table import as_text, hashes
from bff.change.happening import NO_ENTRY, leaf_hash
from bff.change.heads import AuditKeys, Head
from bff.change.merkle import Peaks, consistency, extends, includes, inclusion
from bff.change.verify import Bad, Chain, Fault, Finding, Trust

PATIENCE = 0.5, 0.25  # seconds that one look may take for new entries, and for old ones
LEVEL = 7  # old entries are read again in blocks of 2**7
log = structlog.get_logger()


@dataclass(frozen=True)
class Known:
    """How far the audit has been verified. `reread` blocks have been read again since `since`; `round` is when all had.

    Kept in the app's own folder, apart from the database: who rewrites that one cannot reach this.
    """

    app: str
    size: int = 0
    peaks: str = ""
    previous: str = NO_ENTRY
    reread: int = 0
    since: str = ""
    round: str = ""


@dataclass(frozen=True)
class Standing:
    """What the audit's integrity is now. `read_again` is the time since which every old entry has been read again."""

    verified: int
    at: str
    read_again: str
    finding: Finding | None = None


class Watch:
    """Verifies one app's audit as it grows. `path` is where it keeps how far; `patience` is as PATIENCE has it."""

    def __init__(self, reading: Reading, keys: AuditKeys, path: Path, patience: tuple[float, float] = PATIENCE) -> None:
        self._follow_s, self._reread_s = patience
        self._reading, self._keys, self._path = reading, keys, path
        self._lock = threading.Lock()
        self._known = self._kept()

    def look(self, head: Head | None) -> Standing:
        """Verify what has come since the last look, up to the present head, and read some old entries again."""
        with self._lock:
            finding, now = None, _now()
            try:
                self._look_back(head)
                self._follow(head.size if head else 0)
                self._reread()
            except Bad as bad:
                finding = bad.finding
                log.error("audit_bad", entry=finding.seq, fault=str(finding.fault))
            self._keep()
            return Standing(self._known.size, now, self._known.round, finding)

    def _look_back(self, head: Head | None) -> None:
        """Refuse an audit that does not begin with all that was verified before, in the order it had."""
        known, size = self._known, head.size if head else 0
        if size < known.size:
            raise Bad(size + 1, Fault.CUT)
        if head and not head.signed_by(self._keys.now().public):
            raise Bad(size, Fault.UNSIGNED)
        if head and known.size:
            try:
                path = consistency(self._reading.node(), known.size, size)
            except ValueError as problem:
                raise Bad(known.size, Fault.MISFILED) from problem
            if not extends((known.size, self._root()), (size, bytes.fromhex(head.root)), path):
                raise Bad(known.size, Fault.DENIED)

    def _follow(self, size: int) -> None:
        known, deadline = self._known, time.monotonic() + self._follow_s
        chain = Chain(known.app, Trust(self._keys.now().public))
        chain.begin_after(Peaks(known.size, hashes(known.peaks)), known.previous)
        try:
            for row in self._reading.rows(known.size + 1, size):
                take_row(chain, row)
                if time.monotonic() > deadline:
                    return
            chain.end(size)
        finally:
            peaks = as_text(chain.peaks.peaks)
            self._known = replace(known, size=chain.size, peaks=peaks, previous=chain.previous)

    def _reread(self) -> None:
        """Read old blocks again until all have been read or the time is over."""
        deadline = time.monotonic() + self._reread_s
        blocks = _blocks(self._known.size)
        while blocks and time.monotonic() < deadline:
            if self._known.reread >= blocks:
                self._known = replace(self._known, reread=0)
            block = self._known.reread
            if block == 0:
                self._known = replace(self._known, since=_now())
            self._reread_block(block)
            self._known = replace(self._known, reread=block + 1)
            if block + 1 == blocks:
                self._known = replace(self._known, round=self._known.since)
                return

    def _reread_block(self, block: int) -> None:
        size, first = self._known.size, (block << LEVEL) + 1
        last = min(first + (1 << LEVEL) - 1, size)
        peaks = Peaks()
        for row in self._reading.rows(first if block else LOWEST, last):
            peaks = _reread_row(row, peaks, first + peaks.size)
        if peaks.size != last - first + 1:
            raise Bad(first + peaks.size, Fault.MISSING)
        try:
            path = inclusion(self._reading.node(), block, size, LEVEL)
        except ValueError as problem:
            raise Bad(first, Fault.MISFILED) from problem
        if not includes(peaks.root(), (block, _blocks(size)), path, self._root()):
            raise Bad(first, Fault.DENIED)

    def _root(self) -> bytes:
        return Peaks(self._known.size, hashes(self._known.peaks)).root()

    def _kept(self) -> Known:
        try:
            known = Known(**json.loads(self._path.read_text("utf-8")))
            hashes(known.peaks)
        except (OSError, ValueError, TypeError):
            return Known(self._reading.app)
        return known if known.app == self._reading.app else Known(self._reading.app)

    def _keep(self) -> None:
        new = self._path.with_suffix(f".{threading.get_ident()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(asdict(self._known)), "utf-8")
            new.replace(self._path)
        except OSError as problem:
            log.warning("audit_standing_not_kept", problem=str(problem))


def _reread_row(row: Row[Any], peaks: Peaks, expected: int) -> Peaks:
    if row.seq != expected:
        raise Bad(min(row.seq, expected), Fault.MISSING if row.seq > expected else Fault.MISPLACED)
    leaf = leaf_hash(row.body.encode())
    if leaf.hex() != row.hash:
        raise Bad(row.seq, Fault.EDITED)
    peaks, made = peaks.append(leaf)
    # A block's last entry completes larger subtrees too; the proof of the block goes through these.
    if row.nodes.split()[:LEVEL] != [node.hex() for node in made[1:]] or misfiled(row, json.loads(row.body)):
        raise Bad(row.seq, Fault.MISFILED)
    return peaks


def _blocks(size: int) -> int:
    return (size + (1 << LEVEL) - 1) >> LEVEL


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
