"""What a source of report files is to the catalogue: a name, texts by file, and whether they have changed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol

from microfrontends.reports.sql_names import Names


class SourceAway(Exception):
    """A source cannot be read now; the message says why. What it gave before stays."""


@dataclass(frozen=True)
class Texts:
    """What a source holds at one moment: texts by file name, and the tables that their SQL may name."""

    files: Mapping[str, str]
    names: Names
    unreadable: Mapping[str, str]  # why, by file name


class Source(Protocol):
    """One place that report files come from."""

    @property
    def name(self) -> str:
        """What people call it; no other source of the same portal has it."""

    def version(self) -> Hashable:
        """Another one as soon as something may have changed; cheap, for it is asked for every second."""

    def texts(self) -> Texts:
        """What it holds. Raises SourceAway."""
