"""Verifying an export offline, against pinned keys and against heads that somebody kept from earlier."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bff.change.audit_reading import FORMAT
from bff.change.happening import Entry, canonical, leaf_hash
from bff.change.heads import Head, PublicKeys, public_keys
from bff.change.merkle import Peaks, includes
from bff.change.verify import Bad, Chain, Fault, Finding, Item, Trust, Witnesses, strict_json


class NotAnExport(Exception):
    """The file is not an export of an audit, or not one of witnesses or keys; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """What was verified: entries `first` to `last` of an app; the last head's root and key; the first bad entry."""

    app: str
    first: int
    last: int
    root: str
    key: str
    finding: Finding | None = None


def keys_in(text: str) -> PublicKeys:
    """The public keys of a JWK set, or those at the top of an export. Raises NotAnExport."""
    try:
        keys = public_keys(_object(text.partition("\n")[0]) or json.loads(text))
    except ValueError as problem:
        raise NotAnExport(f"the keys cannot be read: {problem}") from problem
    if not keys:
        raise NotAnExport("the file of keys holds no Ed25519 key")
    return keys


def heads_in(lines: Iterable[str], app: str) -> dict[int, set[Head]]:
    """The signed heads of an app in an export, in a list of heads or in a log, by size. Raises NotAnExport."""
    found: dict[int, set[Head]] = {}
    for line in lines:
        head = _head_in(line)
        if head and head.app == app:
            found.setdefault(head.size, set()).add(head)
    if not found:
        raise NotAnExport(f"no earlier head of {app} is in the file of heads")
    return found


def verify_export(lines: Iterable[str], keys: PublicKeys | None, witnesses: Witnesses | None) -> Verdict:
    """Follow an export from its first line to its last. Raises NotAnExport when it does not even begin as one."""
    numbered = iter(lines)
    first = next(numbered, "")
    if "proof" in (_object(first) or {}):
        return _verify_evidence(_object(first) or {}, keys)
    top = _top(first)
    chain = Chain(top["app"], Trust(keys, public_keys(top)), witnesses)
    root, finding = "", None
    try:
        begun = Peaks(top["from"] - 1, tuple(bytes.fromhex(peak) for peak in top.get("peaks", ())))
        chain.begin_after(begun, top.get("previous", chain.previous))
    except (TypeError, ValueError) as problem:
        raise NotAnExport(f"its first line cannot be read: {problem}") from problem
    try:
        root = _follow(numbered, chain, top["size"])
    except Bad as bad:
        finding = bad.finding
    return Verdict(chain.app, top["from"], chain.size, root or chain.peaks.root().hex(), chain.key, finding)


def _verify_evidence(told: Mapping[str, Any], keys: PublicKeys | None) -> Verdict:
    """One entry by itself: its hash, the path from it to the root of a signed head, and the head's signature."""
    try:
        head, leaf = Head.of(told["head"]), leaf_hash(canonical(told["entry"]))
        entry, path = Entry.of(told["entry"]), [bytes.fromhex(step) for step in told["proof"]]
        believed = public_keys(told) if keys is None else keys
        proven = includes(leaf, (entry.seq - 1, head.size), path, bytes.fromhex(head.root))
    except (KeyError, TypeError, ValueError) as problem:
        raise NotAnExport(f"the proof of an entry cannot be read: {problem}") from problem
    fault = None
    if leaf.hex() != told.get("hash") or entry.app != head.app:
        fault = Fault.EDITED
    elif not proven:
        fault = Fault.REGROWN
    elif head.key not in believed:
        fault = Fault.UNKNOWN_KEY
    elif not head.signed_by(believed):
        fault = Fault.UNSIGNED
    finding = Finding(entry.seq, fault) if fault else None
    return Verdict(entry.app, entry.seq, entry.seq, head.root, head.key, finding)


def _follow(lines: Iterator[str], chain: Chain, size: int) -> str:
    for line in lines:
        document = _object(line)
        if document is None:
            raise Bad(chain.size + 1, Fault.UNREADABLE)
        if "head" in document:
            return _close(document["head"], lines, chain, size)
        chain.take(_item(document, chain.size + 1))
    # An export says where it ends. This one stops before that.
    raise Bad(chain.size + 1, Fault.CUT)


def _close(last: Any, lines: Iterator[str], chain: Chain, size: int) -> str:
    if any(line.strip() for line in lines):
        raise Bad(chain.size + 1, Fault.MISPLACED)
    if last is None:
        chain.end(size)
        return ""
    try:
        head = Head.of(last)
    except ValueError as problem:
        raise Bad(chain.size, Fault.UNSIGNED) from problem
    chain.end(size)
    chain.end(head.size)
    if head.root != chain.peaks.root().hex() or not head.signed_by(chain.trust.keys(head.key)):
        raise Bad(chain.size, Fault.UNSIGNED)
    return head.root


def _top(line: str) -> dict[str, Any]:
    top = _object(line)
    if not top or top.get("export") != FORMAT:
        raise NotAnExport("it does not begin as an export of an audit does")
    if not isinstance(top.get("app"), str) or any(type(top.get(name)) is not int for name in ("from", "size")):
        raise NotAnExport("its first line lacks the app, the first number or the size")
    try:
        public_keys(top)
    except ValueError as problem:
        raise NotAnExport(f"its first line holds no keys: {problem}") from problem
    return top


def _item(document: Mapping[str, Any], expected: int) -> Item:
    body, words = document.get("entry"), [document.get(name) for name in ("hash", "root", "key", "signature")]
    if not isinstance(body, dict) or not all(isinstance(word, str) for word in words):
        raise Bad(expected, Fault.UNREADABLE)
    return Item(body, *map(str, words))


def _head_in(line: str) -> Head | None:
    document = _object(line)
    if document is None:
        return None
    body = document.get("entry")
    if isinstance(body, dict):
        document = {**document, "app": body.get("app"), "size": body.get("seq"), "at": body.get("at")}
    try:
        return Head.of(document.get("head") or document)
    except ValueError:
        return None  # a log holds other lines too


def _object(line: str) -> dict[str, Any] | None:
    try:
        document = strict_json(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
