"""What came of a request: what was asked for, a sentence that says what is the matter, or what nobody should see."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from html import unescape

TAG, SENTENCE = re.compile(r"<[^>]+>"), re.compile(r"[A-ZÀ-Ý][^.!?]{10,}[.!?]")
TRACES = ("Traceback", "sqlalchemy", "psycopg", "redis.exceptions", "Internal Server Error")
AWAY = (502, 503, 504)
PROBLEM = "application/problem+json"
# What stands in a page of ours that tells of a failure; the second one before anybody is signed in.
MARKS = ("data-portal-error", '<body class="outside">')


class Kind(StrEnum):
    """How a request ended."""

    GOOD = "good"
    SAID = "said what is the matter"
    CUT = "the connection was cut"
    SIGNED_OUT = "signed out"
    RAW = "not one of our sentences"


@dataclass(frozen=True)
class Outcome:
    """One request and its end. Times are monotonic seconds; `words` are what a person would have read."""

    label: str
    began: float
    ended: float
    status: int
    kind: Kind
    words: str = ""

    @property
    def good(self) -> bool:
        return self.kind is Kind.GOOD


def kind_of(status: int, headers: dict[str, str], text: str) -> Kind:
    """How an answer is to be taken."""
    if status == 401 or "/auth/login" in headers.get("location", ""):
        return Kind.SIGNED_OUT
    if status < 400:
        return Kind.GOOD
    words = words_of(headers, text)
    shaped = PROBLEM in headers.get("content-type", "") or any(mark in text for mark in MARKS)
    said = status in AWAY and shaped and SENTENCE.search(words) and not any(trace in text for trace in TRACES)
    return Kind.SAID if said else Kind.RAW


def words_of(headers: dict[str, str], text: str) -> str:
    """What a person reads of an answer that failed."""
    if "json" in headers.get("content-type", ""):
        told = json.loads(text)
        return f"{told.get('title', '')}. {told.get('detail', '')}"
    main = text.partition("data-portal-error")[2].partition(">")[2] or text.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(TAG.sub(" ", main.partition("</main>")[0])).split()).partition(" Reference")[0]
