"""What a check finds: how serious it is, in a sentence, and what to do about it; without anybody's secrets."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, quote_plus, unquote, urlsplit

from bff.settings import PREFIX, Settings

HIDDEN = "***"
SHORTEST = 4  # to hide something shorter would hide half of every sentence


class Grade(StrEnum):
    """Wrong makes the command end with 1; a note is for a person to judge."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was seen. `ms`: how long it took to see it."""

    check: str
    grade: Grade
    sentence: str
    remedy: str = ""
    ms: int = 0


@dataclass(frozen=True)
class Patient:
    """The app that is examined."""

    app: str
    package: str
    settings: Settings


@dataclass(frozen=True)
class Seen:
    """A finding whose check is known from where it was made."""

    grade: Grade
    sentence: str
    remedy: str = ""


Examination = Callable[[Patient], Iterator[Seen]]


def ok(sentence: str) -> Seen:
    """As it should be."""
    return Seen(Grade.OK, sentence)


def note(sentence: str, remedy: str = "") -> Seen:
    """Perhaps as it should be."""
    return Seen(Grade.NOTE, sentence, remedy)


def wrong(sentence: str, remedy: str) -> Seen:
    """Not as it should be."""
    return Seen(Grade.WRONG, sentence, remedy)


def secrets(kinds: Iterable[type[Settings]], environ: Mapping[str, str]) -> frozenset[str]:
    """The values of all secret settings, and the passwords within those that are URLs, in each way of writing them."""
    fields = (field for kind in kinds for field in dataclasses.fields(kind) if field.metadata["secret"])
    values = {environ.get(PREFIX + field.name.upper(), "") for field in fields}
    parts = values | {part for value in values for part in (_password(value), *value.split())}
    written = {way(part) for part in parts for way in (str, unquote, quote, quote_plus)}
    return frozenset(part for part in written if len(part) >= SHORTEST)


def _password(value: str) -> str:
    try:
        return urlsplit(value).password or ""
    except ValueError:
        return ""


def without(hidden: frozenset[str], text: str) -> str:
    """The text on one line with nothing of what must stay hidden in it. The longest goes first: it may hold another."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return " ".join(text.split())
