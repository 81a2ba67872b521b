"""How an XML part of a stranger's file is walked: in one pass, with no entities, and never more of it than we allow."""

from collections.abc import Callable
from xml.parsers import expat

from microfrontends.settlement.domain.bank_findings import Kind, Unreadable

MOST_ELEMENTS = 120_000  # 5000 rows of 5 cells with a value each, twice over
DEEPEST = 64

Begin = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def walk(data: bytes, begin: Begin, end: End | None = None, text: Text | None = None) -> None:
    """Call back for each element, by its name without namespace; so are its attributes. Raises Unreadable."""
    parser, depth, count = expat.ParserCreate(namespace_separator=" "), 0, 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if count > MOST_ELEMENTS or depth > DEEPEST:
            raise Unreadable(Kind.TOO_COMPLEX)
        begin(_local(name), {_local(key): value for key, value in attributes.items()})

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end:
            end(_local(name))

    def declared(*_told: object) -> None:
        raise Unreadable(Kind.ENTITIES)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.StartDoctypeDeclHandler = declared
    if text:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as problem:
        raise Unreadable(Kind.DAMAGED) from problem


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
