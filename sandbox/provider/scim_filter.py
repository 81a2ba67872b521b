"""Which users a SCIM filter keeps: comparisons joined by `and` and `or`, as RFC 7644 section 3.4.2.2 has them."""

import json
import re
from collections.abc import Callable
from typing import Any

Predicate = Callable[[dict[str, Any]], bool]
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s"]+)')
ATTRIBUTES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "id": lambda user: user["id"],
    "username": lambda user: user["userName"],
    "displayname": lambda user: user["displayName"],
    "name.formatted": lambda user: user["displayName"],
    "emails": lambda user: user["emails"][0]["value"],
    "emails.value": lambda user: user["emails"][0]["value"] if user["emails"] else "",
    "active": lambda user: user["active"],
}
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "ne": lambda have, want: have != want,
    "co": lambda have, want: want in have,
    "sw": lambda have, want: have.startswith(want),
    "ew": lambda have, want: have.endswith(want),
}


class InvalidFilter(Exception):
    """The filter is none, or uses what this directory does not offer."""


def parse(text: str) -> Predicate:
    """The filter as a test of one user. `and` binds more than `or`. Raises InvalidFilter."""
    words = _words(text)
    alternatives: list[list[Predicate]] = [[]]
    while True:
        alternatives[-1].append(_comparison(words))
        if not words:
            return lambda user: any(all(test(user) for test in tests) for tests in alternatives)
        joint = words.pop(0).lower()
        if joint == "or":
            alternatives.append([])
        elif joint != "and":
            raise InvalidFilter(f"expected and, or, or the end, not {joint}")


def _words(text: str) -> list[str]:
    words, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise InvalidFilter("a quotation mark is missing")
        words.append(match[1])
        position = match.end()
    return words


def _comparison(words: list[str]) -> Predicate:
    if len(words) < 2:
        raise InvalidFilter("expected an attribute and an operator")
    attribute, operator = words.pop(0).lower(), words.pop(0).lower()
    if attribute not in ATTRIBUTES:
        raise InvalidFilter(f"cannot filter on {attribute}")
    read = ATTRIBUTES[attribute]
    if operator == "pr":
        return lambda user: read(user) not in (None, "")
    if operator not in COMPARISONS or not words:
        raise InvalidFilter(f"expected one of {', '.join(COMPARISONS)} and a value, or pr")
    compare, wanted = COMPARISONS[operator], _folded(_literal(words.pop(0)))
    return lambda user: compare(_folded(read(user)), wanted)


def _literal(word: str) -> str:
    if word.startswith('"'):
        try:
            return str(json.loads(word))
        except ValueError:
            raise InvalidFilter(f"{word} is not a JSON string") from None
    if word.lower() in ("true", "false"):
        return word
    raise InvalidFilter(f"{word} is neither a quoted string nor true or false")


def _folded(value: Any) -> str:
    # Names, addresses and ids are compared without regard to capitals, as their schema says (caseExact false).
    return str(value).casefold()
