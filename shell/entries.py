"""Decides what is believed of an audit entry that an app tells: by its form, and by the hash that it must have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bff.change.happening import Entry, canonical, leaf_hash
from bff.web.formats import amount
from shell.untrusted import CODE, CURRENCY, IDENTIFIER, BadItem, Item, plain

LONGEST: Final = 2_000
MOST_FACTS: Final = 200
_SUM: Final = frozenset({"amount", "currency"})


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of one chain, fit to be shown. `genuine`: its content has the hash that it says."""

    chain: str
    seq: int
    at: datetime
    subject: str
    name: str
    username: str
    roles: tuple[str, ...]
    action: str
    outcome: str
    target: str
    participant: str
    reason: str
    task: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    detail: Mapping[str, Any]
    request_id: str
    trace_id: str
    version: str
    previous: str
    hash: str
    genuine: bool


def read(chain: str, given: object) -> Line:
    """An entry as the app of a chain tells it. Raises BadItem."""
    item = Item(given)
    actor = item.part("actor")
    return Line(
        chain=chain,
        seq=item.count("seq"),
        at=item.moment("at"),
        subject=actor.text("subject"),
        name=actor.text("name"),
        username=actor.text("username"),
        roles=actor.texts("roles"),
        action=item.word("action", CODE),
        outcome=item.word("outcome", CODE),
        target=item.text("target"),
        participant=item.text("participant"),
        reason=item.text("reason", LONGEST),
        # A task is a page of the app: what cannot be the name of one is no task.
        task=item.word("task", IDENTIFIER) if item.holds("task") else "",
        before=item.mapping("before"),
        after=item.mapping("after"),
        detail=item.mapping("detail"),
        request_id=item.text("request_id"),
        trace_id=item.text("trace_id"),
        version=item.text("version"),
        previous=item.text("previous"),
        hash=item.text("hash"),
        genuine=_is_genuine(given),
    )


def own(entry: Entry) -> Line:
    """An entry of the shell's own chain."""
    return read(entry.app, json.loads(json.dumps(entry.as_json())))


def in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as a reader takes them: sums of money as such, what is nested as JSON."""
    return {plain(key): _said(value) for key, value in list(facts.items())[:MOST_FACTS]}


def _said(value: Any) -> str:
    if isinstance(value, str):
        return plain(value, LONGEST)
    if isinstance(value, dict) and value.keys() == _SUM:
        try:
            sum_of = Item(value)
            currency = sum_of.word("currency", CURRENCY)
            return f"{amount(sum_of.figure('amount'), currency)} {currency}"
        except BadItem:
            pass
    return plain(as_json(value), LONGEST)


def as_json(value: Any) -> str:
    """A value that came as JSON, as JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except RecursionError:
        return "…"


def _is_genuine(given: Any) -> bool:
    body = {key: value for key, value in given.items() if key != "hash"}
    try:
        return bool(leaf_hash(canonical(body)).hex() == given.get("hash"))
    except (ValueError, RecursionError):
        return False
