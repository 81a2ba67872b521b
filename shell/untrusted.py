"""Decides what of another app's JSON is believed: each value by its form, or the whole item is refused."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from bff.web.formats import moment

LONGEST_TEXT: Final = 500
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,127}")
_FIGURE: Final = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,12})?(E[+-]?[0-9])?")
# A segment never begins with a dot and nothing is escaped, so no browser can read it as leading elsewhere.
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+(?:\?[A-Za-z0-9._~=&:+,-]*)?")
# Controls, marks that turn the direction of what follows, and halves of characters: with them a text could show other
# than what it says, or could not be sent at all.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class BadItem(ValueError):
    """An item that is not of the agreed form; the message names the part."""


class Item:
    """A JSON object from elsewhere, asked for its parts by their form. Raises BadItem, also when it is no object."""

    def __init__(self, given: Any) -> None:
        if not isinstance(given, dict):
            raise BadItem("it is no object")
        self._given: dict[str, Any] = given

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """What is shown to people: without controls, cut where it is too long; empty when absent."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise BadItem(name)
        return plain(value or "", longest)

    def word(self, name: str, form: re.Pattern[str]) -> str:
        """What is compared or sent back: of exactly this form."""
        value = self._given.get(name)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise BadItem(name)
        return value

    def count(self, name: str) -> int:
        """A whole number from zero on."""
        value = self._given.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
            raise BadItem(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            raise BadItem(name)
        return value

    def moment(self, name: str) -> datetime:
        """A moment in UTC, of a time in which somebody may have lived."""
        value = self._given.get(name)
        try:
            at = moment(value).astimezone(UTC) if isinstance(value, str) and len(value) <= 40 else None
        except (ValueError, OverflowError):
            at = None
        if at is None or not 1970 <= at.year < 3000:
            raise BadItem(name)
        return at

    def figure(self, name: str) -> Decimal:
        """An exact figure, written as a string."""
        value = self._given.get(name)
        if not isinstance(value, str) or not _FIGURE.fullmatch(value):
            raise BadItem(name)
        return Decimal(value)

    def path(self, name: str, mount: str) -> str:
        """A path under an app's own mount."""
        value = self._given.get(name)
        if not isinstance(value, str) or not is_under(value, mount):
            raise BadItem(name)
        return value

    def part(self, name: str) -> "Item":
        """An object within; an empty one when absent."""
        return Item(self.mapping(name))

    def parts(self, name: str, most: int = 100) -> "list[Item]":
        """The objects of a list within, so many at most."""
        return [Item(each) for each in self._list(name, most)]

    def texts(self, name: str, most: int = 100) -> tuple[str, ...]:
        """The texts of a list within, so many at most."""
        listed = self._list(name, most)
        if not all(isinstance(each, str) for each in listed):
            raise BadItem(name)
        return tuple(plain(each) for each in listed)

    def mapping(self, name: str) -> dict[str, Any]:
        """An object whose keys are anybody's; an empty one when absent."""
        value = {} if self._given.get(name) is None else self._given[name]
        if not isinstance(value, dict):
            raise BadItem(name)
        return value

    def words(self, name: str, form: re.Pattern[str], most: int = 100) -> list[str]:
        """The words of a list within, each of this form."""
        listed = self._list(name, most)
        if not all(isinstance(each, str) and form.fullmatch(each) for each in listed):
            raise BadItem(name)
        return [str(each) for each in listed]

    def listed(self, name: str, most: int = 100) -> list[Any]:
        """The things of a list within, whatever they are."""
        return self._list(name, most)

    def given(self, name: str) -> bool:
        """Whether the name is there with a value, be it an empty one."""
        return self._given.get(name) is not None

    def holds(self, name: str) -> bool:
        """Whether it says anything of this."""
        return self._given.get(name) not in (None, "")

    def _list(self, name: str, most: int) -> list[Any]:
        value = [] if self._given.get(name) is None else self._given[name]
        if not isinstance(value, list):
            raise BadItem(name)
        return value[:most]


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that shows what it says, of bearable length."""
    seen = _UNSEEN.sub(" ", text[: longest + 1]).strip()
    return seen if len(seen) <= longest else seen[:longest] + "…"


def is_under(path: str, mount: str) -> bool:
    """Whether the path leads to a page of the app at this mount and nowhere else."""
    return len(path) <= 300 and path.startswith(f"{mount}/") and _PATH.fullmatch(path) is not None
