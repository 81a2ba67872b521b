"""Which reports somebody means by a few words: those that say each of them somewhere."""

import unicodedata
from collections.abc import Iterator

from microfrontends.reports.domain.definition import Report, Text

LONGEST = 100


def sought(text: str) -> list[str]:
    """The words to look for, without regard to case and accents."""
    return _plain(text[:LONGEST]).split()


def found(report: Report, words: list[str], language: str) -> bool:
    """Whether the report says all of them: in its name, title, description, group, tables, columns or parameters."""
    said = _plain(" ".join(_texts(report, language)))
    return all(word in said for word in words)


def _texts(report: Report, language: str) -> Iterator[str]:
    def own(text: Text) -> str:
        return text.get(language, text["en"])

    yield from (report.name, own(report.title), own(report.description), own(report.group))
    yield from (own(param.label) for param in report.params)
    for query in report.queries:
        yield own(query.title)
        yield from (own(column.label) for column in query.columns)


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
