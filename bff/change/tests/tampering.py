"""What somebody could do to an audit who owns its database or its export, each with the entry that must be named."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from bff.change.heads import SigningKey
from bff.change.tests.auditing import Line, rehash

SIZE = 12  # entries in the audit that is damaged
HALF = 6  # entries that a witness saw
LIVE, EXPORT = "live", "export"


@dataclass(frozen=True)
class Keys:
    """The audit's own key, which most who damage it do not have, and one of their own."""

    true: SigningKey
    own: SigningKey


@dataclass(frozen=True)
class Tampering:
    """A damage, the first bad entry, and what it takes to see it: earlier heads, or keys got from elsewhere."""

    name: str
    damage: Callable[[list[Line], Keys], object]
    first_bad: int
    witness: bool = False
    pinned: bool = True
    places: tuple[str, ...] = (LIVE, EXPORT)


def edit(lines: list[Line], number: int) -> None:
    """Make it somebody else's doing, wherever it can be looked for."""
    line = lines[number - 1]
    line.body["actor"] = line.body["actor"] | {"subject": "u-ravi", "username": "ravi"}
    if line.filed:
        line.filed |= {"actor": "u-ravi", "username": "ravi"}


def renumber(lines: list[Line]) -> None:
    """Let the rows have the numbers of their places."""
    for number, line in enumerate(lines, 1):
        if line.filed:
            line.filed["seq"] = number


def edit_and_rehash(lines: list[Line], keys: Keys, sign: bool) -> None:
    """Edit one and mend all that follows, with a key of one's own or with none."""
    edit(lines, 5)
    rehash(lines)
    if sign:
        rehash(lines, keys.own)


def edit_and_rehash_one(lines: list[Line], _: Keys) -> None:
    """Edit one and mend its own hash, nothing else."""
    edit(lines, 5)
    mended = copy.deepcopy(lines)
    rehash(mended)
    lines[4].hash = mended[4].hash


def insert(lines: list[Line], _: Keys) -> None:
    """Put an entry in, and leave the others alone."""
    forged = copy.deepcopy(lines[6])
    forged.body |= {"seq": 6, "previous": lines[4].hash}
    lines.insert(5, forged)
    renumber(lines)


def insert_and_rehash(lines: list[Line], _: Keys) -> None:
    """Put an entry in, and mend all that follows."""
    lines.insert(5, copy.deepcopy(lines[5]))
    lines[5].body["reason"] = "never given"
    renumber(lines)
    rehash(lines)


def delete_and_rehash(lines: list[Line], _: Keys) -> None:
    """Take an entry out, and mend all that follows."""
    del lines[4]
    renumber(lines)
    rehash(lines)


def swap(lines: list[Line], _: Keys) -> None:
    """Let two entries change places."""
    lines[3], lines[8] = lines[8], lines[3]
    renumber(lines)


def swap_and_rehash(lines: list[Line], _: Keys) -> None:
    """Let two entries change places, and mend all that follows."""
    lines[3], lines[8] = lines[8], lines[3]
    renumber(lines)
    rehash(lines)


def repeat(lines: list[Line], _: Keys) -> None:
    """Let an entry stand twice."""
    lines.insert(4, copy.deepcopy(lines[3]))
    renumber(lines)


def earlier_hour(lines: list[Line], _: Keys) -> None:
    """Let it have been earlier."""
    lines[6].body["at"] = "2020-01-01T00:00:00.000000Z"
    if lines[6].filed:
        lines[6].filed["at"] = lines[6].body["at"]


def silence(lines: list[Line], _: Keys) -> None:
    """Take every signature away."""
    for line in lines:
        line.signature = ""


def borrow(lines: list[Line], _: Keys) -> None:
    """Vouch for a rewritten tail with signatures of earlier entries."""
    edit(lines, 5)
    rehash(lines)
    for line in lines[4:]:
        line.key, line.signature = lines[3].key, lines[3].signature


def resign(lines: list[Line], keys: Keys) -> None:
    """Change nothing but the key."""
    rehash(lines, keys.own)


def resign_tail(lines: list[Line], keys: Keys) -> None:
    """Rewrite the tail, and sign that alone with a key of one's own."""
    before = copy.deepcopy(lines[:4])
    edit(lines, 5)
    rehash(lines, keys.own)
    lines[:4] = before


def introduce(lines: list[Line], keys: Keys) -> None:
    """Rewrite the tail, and let its first entry introduce a key of one's own, signed with that key."""
    before = copy.deepcopy(lines[:4])
    told = {"kty": "OKP", "crv": "Ed25519", "kid": keys.own.kid}
    lines[4].body |= {"action": "audit.key", "outcome": "done", "after": {"jwk": told}}
    if lines[4].filed:
        lines[4].filed["action"] = "audit.key"
    rehash(lines, keys.own)
    lines[:4] = before


def rewrite_with_the_key(lines: list[Line], keys: Keys) -> None:
    """Rewrite all from an entry on, as who has the key can."""
    edit(lines, 5)
    rehash(lines, keys.true)


def fork(lines: list[Line], keys: Keys) -> None:
    """Go on from an old copy of the database: other entries in the place of those since."""
    del lines[4:]
    for _ in range(SIZE - 4):
        again = copy.deepcopy(lines[-1])
        again.body["reason"] = "after the copy was put back"
        again.filed = dict(again.filed)
        lines.append(again)
    renumber(lines)
    rehash(lines, keys.true)


def misfile(lines: list[Line], _: Keys) -> None:
    """Hide an entry from those who look for its actor."""
    lines[6].filed["actor"] = "u-nobody"


def other_tree(lines: list[Line], _: Keys) -> None:
    """Change a part of the tree that proofs are made from."""
    lines[7].nodes = lines[7].nodes.replace(lines[7].nodes[:2], "ff" if lines[7].nodes[:2] != "ff" else "00", 1)


def before_the_first(lines: list[Line], _: Keys) -> None:
    """Slip an entry in where nobody begins to look."""
    early = copy.deepcopy(lines[2])
    early.filed["seq"] = -3
    lines.append(early)


KINDS = (
    Tampering("edit", lambda lines, _: edit(lines, 5), 5),
    Tampering("edit the time", earlier_hour, 7),
    Tampering("edit, and mend its own hash", edit_and_rehash_one, 5),
    Tampering("edit the first", lambda lines, _: edit(lines, 1), 1),
    Tampering("edit the last", lambda lines, _: edit(lines, SIZE), SIZE),
    Tampering("delete", lambda lines, _: lines.pop(4), 5),
    Tampering("delete the first", lambda lines, _: lines.pop(0), 1),
    Tampering("delete, and mend the tail", delete_and_rehash, 5),
    Tampering("insert", insert, 6),
    Tampering("insert, and mend the tail", insert_and_rehash, 6),
    Tampering("reorder", swap, 4),
    Tampering("reorder, and mend the tail", swap_and_rehash, 4),
    Tampering("repeat", repeat, 5),
    Tampering("truncate", lambda lines, _: lines.__delitem__(slice(SIZE - 2, None)), SIZE - 1, witness=True),
    Tampering("truncate to before the witness", lambda lines, _: lines.__delitem__(slice(3, None)), 4, witness=True),
    Tampering("re-hash the whole tail", lambda lines, keys: edit_and_rehash(lines, keys, sign=False), 5),
    Tampering("re-hash the tail under borrowed signatures", borrow, 5),
    Tampering("drop the signatures", silence, 1),
    Tampering("replace the key and edit", lambda lines, keys: edit_and_rehash(lines, keys, sign=True), 1),
    Tampering("replace the key only", resign, 1),
    Tampering("replace the key, unpinned but witnessed", resign, 1, witness=True, pinned=False, places=(EXPORT,)),
    Tampering("replace the key of the tail", resign_tail, 5),
    Tampering("replace the key of the tail, unpinned", resign_tail, 5, pinned=False, places=(EXPORT,)),
    Tampering("introduce a key of one's own", introduce, 5),
    Tampering("rewrite with the key", rewrite_with_the_key, 5, witness=True),
    Tampering("fork", fork, 5, witness=True),
    Tampering("edit a searched column only", misfile, 7, places=(LIVE,)),
    Tampering("edit the stored tree only", other_tree, 8, places=(LIVE,)),
    Tampering("slip one in before the first", before_the_first, -3, places=(LIVE,)),
)
