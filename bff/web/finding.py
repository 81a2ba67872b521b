"""What an app answers to whoever looks for something in the whole portal: links to its own pages, in one form."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from flask import Response, request

from bff.web.layout import render_part

LONGEST, MOST = 100, 8  # characters that are looked for, links of one answer


@dataclass(frozen=True)
class Hit:
    """A page that is meant. `note` says what its title does not: a state, a user name."""

    title: str
    href: str
    note: str = ""


def wanted() -> str:
    """What the request looks for, in one line."""
    return " ".join(request.args.get("q", "").split())[:LONGEST]


def says(text: str, words: str) -> bool:
    """Whether a text says every word, in any order; a number only as a whole."""
    plain = text.casefold()
    numbers = set(plain.split())
    asked = (word.lstrip("#") for word in words.casefold().split())
    return all(word in (numbers if word.isdigit() else plain) for word in asked)


def answer(hits: Iterable[Hit]) -> Response:
    """The fragment; nothing at all where nothing is meant."""
    found = list(islice(hits, MOST))
    return render_part("found.html", hits=found) if found else Response("", mimetype="text/html")
