"""What the gallery says of every piece: read from the comments above the macros, so that it cannot drift from them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "templates" / "pieces"
FRAME = "frame.html"  # drawn by the page itself, not for authors
COMMENT = r"\{#-? (?:(?!: ).)*: (?P<text>(?:(?!#\}).)*?) #\}\n"
MACRO = r"\{% macro (?P<name>\w+)\((?P<signature>.*?)\) -%\}"
DOCUMENTED = re.compile(COMMENT + MACRO, re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """One macro: how it is called and what it is for."""

    name: str
    signature: str
    text: str


@cache
def pieces() -> tuple[Piece, ...]:
    """Every macro that page authors may use, in the order of their files."""
    sources = [path.read_text("utf-8") for path in sorted(FOLDER.glob("*.html")) if path.name != FRAME]
    return tuple(
        Piece(match["name"], match["signature"], " ".join(match["text"].split()))
        for source in sources
        for match in DOCUMENTED.finditer(source)
        if match["name"] in exported()
    )


@cache
def exported() -> frozenset[str]:
    """The names that `pieces.html` hands on."""
    source = (FOLDER.parent / "pieces.html").read_text("utf-8")
    return frozenset(name.strip() for names in re.findall(r"\{% set (.*?) = ", source) for name in names.split(","))
