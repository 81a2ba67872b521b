"""What the ledger's API asks of a body, and the words in which it finds it wanting."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.hub.enums import CURRENCIES
from sandbox.hub.refusals import malformed

SAFE = 2**53 - 1
TRANSFER_ID = re.compile(
    r"^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})$"
)


class Fields:
    """The fields of a JSON object, read one by one. Every method raises Refused when its field is not as it must be."""

    def __init__(self, values: Any, names: str, within: str = "") -> None:
        self._within = f"{within}." if within else ""
        if not isinstance(values, dict):
            raise malformed(f'"{within or "value"}" must be of type object')
        self._values: dict[str, Any] = values
        if unknown := [name for name in values if name not in names.split()]:
            raise malformed(f'"{self._within}{unknown[0]}" is not allowed')

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._values

    def text(self, name: str, shortest: int = 0, longest: int = 0) -> str:
        """A text that must be there."""
        value = self._required(name)
        if not isinstance(value, str):
            raise self._wrong(name, "must be a string")
        if not value:
            raise self._wrong(name, "is not allowed to be empty")
        if len(value) < shortest:
            raise self._wrong(name, f"length must be at least {shortest} characters long")
        if longest and len(value) > longest:
            raise self._wrong(name, f"length must be less than or equal to {longest} characters long")
        return value

    def name(self, name: str = "name") -> str:
        """The name of a participant or of a settlement model."""
        value = self.text(name, 2, 30)
        if not (value.isascii() and value.isalnum()):
            raise self._wrong(name, "must only contain alpha-numeric characters")
        return value

    def choice(self, name: str, choices: tuple[str, ...], label: str = "") -> str:
        """One of several words."""
        value = self._required(name)
        if value not in choices:
            raise malformed(f'"{label or self._within + name}" must be one of [{", ".join(choices)}]')
        return str(value)

    def currency(self, name: str = "currency") -> str | None:
        """A currency that the hub knows; none at all is accepted here, and found wanting later."""
        value = self._values.get(name)
        return None if value is None else self.choice(name, tuple(CURRENCIES))

    def truth(self, name: str, default: bool | None = None) -> bool:
        """True or false, as a JSON value or as a word."""
        if name not in self._values and default is not None:
            return default
        value = self._required(name)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self._wrong(name, "must be a boolean")
        return value

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        """A number, or a text that reads as one; more than a double holds is refused."""
        if name not in self._values and default is not None:
            return default
        value = self._required(name)
        try:
            number = Decimal(value.strip()) if isinstance(value, str) else Decimal(repr(value))
        except InvalidOperation:
            raise self._wrong(name, "must be a number") from None
        if isinstance(value, bool) or not number.is_finite():
            raise self._wrong(name, "must be a number")
        if abs(number) > SAFE or Decimal(repr(float(number))) != number:
            raise self._wrong(name, "must be a safe number")
        return number

    def positive(self, name: str) -> Decimal:
        """A number above zero."""
        value = self.number(name)
        if value <= 0:
            raise self._wrong(name, "must be a positive number")
        return value

    def transfer_id(self, name: str = "transferId") -> str:
        """A UUID in lower case, or a ULID."""
        value = self.text(name)
        if not TRANSFER_ID.match(value):
            words = f'with value "{value}" fails to match the required pattern: /{TRANSFER_ID.pattern}/'
            raise self._wrong(name, words)
        return value

    def object(self, name: str, names: str) -> "Fields":
        """An object inside."""
        return Fields(self._required(name), names, self._within + name)

    def extensions(self, name: str = "extensionList") -> tuple[tuple[str, str], ...]:
        """Keys and values that travel with a transfer; none where there is no list."""
        if name not in self._values:
            return ()
        listed = self.object(name, "extension")
        entries = listed._required("extension")
        if not isinstance(entries, list):
            raise malformed(f'"{name}.extension" must be an array')
        read = [Fields(entry, "key value", f"{name}.extension[{n}]") for n, entry in enumerate(entries)]
        return tuple((entry.text("key"), entry.text("value")) for entry in read)

    def _required(self, name: str) -> Any:
        if name not in self._values:
            raise self._wrong(name, "is required")
        return self._values[name]

    def _wrong(self, name: str, words: str) -> Exception:
        return malformed(f'"{self._within}{name}" {words}')


def currency_asked(value: str | None) -> str | None:
    """The currency of a query. Raises Refused when the hub does not know it."""
    return None if value is None else Fields({"currency": value}, "currency").currency()
