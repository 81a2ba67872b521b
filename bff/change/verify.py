"""Whether an audit is what it was: each entry against its hash, the one before, the tree, its head, and witnesses."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from bff.change.audit import NEW_KEY
from bff.change.happening import NO_ENTRY, Entry, Outcome, canonical, leaf_hash
from bff.change.heads import Head, PublicKeys, public_keys
from bff.change.merkle import Peaks


class Fault(StrEnum):
    """What is wrong with the first bad entry."""

    UNREADABLE = "unreadable"
    EDITED = "edited"
    MISSING = "missing"
    MISPLACED = "misplaced"
    FOREIGN = "foreign"
    UNLINKED = "unlinked"
    REGROWN = "regrown"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    MISFILED = "misfiled"
    CUT = "cut"
    DENIED = "denied"


WORDS = {
    Fault.UNREADABLE: _l("It cannot be read as an entry."),
    Fault.EDITED: _l("Its content does not fit its hash: it was edited."),
    Fault.MISSING: _l("It is missing: the entries go on with a later number."),
    Fault.MISPLACED: _l("Another entry stands in its place: entries were moved or repeated."),
    Fault.FOREIGN: _l("It belongs to the audit of another app."),
    Fault.UNLINKED: _l("It does not follow the entry before it: one of the two was put in or replaced."),
    Fault.REGROWN: _l("The tree over all entries up to it is not the one that was recorded with it."),
    Fault.UNSIGNED: _l("Its signature is not valid: it was rewritten by someone without the key."),
    Fault.UNKNOWN_KEY: _l("It is signed with a key that no trusted key has introduced."),
    Fault.MISFILED: _l("What the database searches by is not what the entry says."),
    Fault.CUT: _l("It is missing: the audit ends before it, and it is known to have been longer."),
    Fault.DENIED: _l("An earlier head says otherwise: this entry or one before it was rewritten."),
}


@dataclass(frozen=True)
class Finding:
    """The first bad entry by its number, and what is wrong with it."""

    seq: int
    fault: Fault

    @property
    def sentence(self) -> str:
        """What is wrong, in words."""
        return str(WORDS[self.fault])


class Bad(Exception):
    """The audit is not what it was."""

    def __init__(self, seq: int, fault: Fault) -> None:
        super().__init__(f"entry {seq}: {fault}")
        self.finding = Finding(seq, fault)


@dataclass(frozen=True)
class Item:
    """An entry as it was found: its body, and what was kept beside it."""

    body: Mapping[str, Any]
    hash: str
    root: str
    key: str
    signature: str


@dataclass
class Trust:
    """The keys that are believed. `pinned` ones from the start; where none are, whichever signed first.

    `offered` are keys that came with the audit itself: they can be used, and prove nothing about who made them.
    """

    pinned: PublicKeys | None
    offered: PublicKeys = field(default_factory=dict)
    introduced: dict[str, Any] = field(default_factory=dict)

    def keys(self, signer: str) -> PublicKeys:
        """The believed keys, for a head that says it was signed with `signer`."""
        if self.pinned is None and not self.introduced and signer in self.offered:
            self.introduced[signer] = self.offered[signer]
        return {**self.introduced, **(self.pinned or {})}

    def learn(self, entry: Entry) -> None:
        """Believe the key that a good entry introduces."""
        if entry.action == NEW_KEY and entry.outcome == Outcome.DONE:
            try:
                self.introduced |= public_keys({"keys": [entry.after.get("jwk")]})
            except (ValueError, AttributeError) as problem:
                raise Bad(entry.seq, Fault.UNREADABLE) from problem


Witnesses = Mapping[int, Collection[Head]]


class Chain:
    """An audit as far as it has been followed. `witnesses` are earlier heads by their size."""

    def __init__(self, app: str, trust: Trust, witnesses: Witnesses | None = None) -> None:
        self.app, self.trust, self.witnesses = app, trust, witnesses or {}
        self.peaks, self.previous, self.key = Peaks(), NO_ENTRY, ""

    def begin_after(self, peaks: Peaks, previous: str) -> None:
        """Follow the audit from the middle; the first head that is met vouches for what is before."""
        self.peaks, self.previous = peaks, previous

    @property
    def size(self) -> int:
        """How many entries are before the place reached."""
        return self.peaks.size

    def take(self, item: Item) -> Entry:
        """Follow one entry. Raises Bad."""
        expected = self.size + 1
        try:
            body = canonical(item.body)
            entry = Entry.of(item.body)
        except (ValueError, TypeError, RecursionError) as problem:
            raise Bad(expected, Fault.UNREADABLE) from problem
        leaf = leaf_hash(body)
        self._refuse_misplaced(entry, leaf.hex() == item.hash, expected)
        if entry.app != self.app:
            raise Bad(expected, Fault.FOREIGN)
        if entry.previous != self.previous:
            raise Bad(expected, Fault.UNLINKED)
        peaks, _ = self.peaks.append(leaf)
        if peaks.root().hex() != item.root:
            raise Bad(expected, Fault.REGROWN)
        self._refuse_unvouched(Head(self.app, expected, item.root, entry.at, item.key, item.signature))
        self.trust.learn(entry)
        self.peaks, self.previous, self.key = peaks, item.hash, item.key
        return entry

    def end(self, size: int) -> None:
        """Say that the audit ends here, and that it says of itself that it has `size` entries. Raises Bad."""
        if max(size, *self.witnesses, 0) > self.size:
            raise Bad(self.size + 1, Fault.CUT)
        if size < self.size:
            raise Bad(size + 1, Fault.MISPLACED)

    def _refuse_misplaced(self, entry: Entry, fits: bool, expected: int) -> None:
        if type(entry.seq) is not int:
            raise Bad(expected, Fault.UNREADABLE)
        if not fits:
            # Edited where it stands, or edited and something missing before it: the lower number is the first bad.
            raise Bad(expected, Fault.EDITED if entry.seq <= expected else Fault.MISSING)
        if entry.seq != expected:
            raise Bad(expected, Fault.MISSING if entry.seq > expected else Fault.MISPLACED)

    def _refuse_unvouched(self, head: Head) -> None:
        keys = self.trust.keys(head.key)
        if head.key not in keys:
            raise Bad(head.size, Fault.UNKNOWN_KEY)
        if not head.signed_by(keys):
            raise Bad(head.size, Fault.UNSIGNED)
        for other in self.witnesses.get(head.size, ()):
            # What a believed key did not sign is no head at all. With a key that nobody knows, this audit or the
            # witness is forged, and either must be looked into.
            if other != head and (other.key not in keys or other.signed_by(keys)):
                raise Bad(head.size, Fault.DENIED)


def strict_json(text: str) -> Any:
    """Parse JSON that can be written in one way only: no key twice, no fractions. Raises ValueError."""
    return json.loads(text, object_pairs_hook=_each_once, parse_float=_refuse, parse_constant=_refuse)


def _each_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise ValueError("a key stands there twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} has no place in an audit")
