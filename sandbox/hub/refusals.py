"""How the hub says no: its error codes, their words, and the envelope they travel in."""

from typing import Any

# Words and HTTP status of the codes that the hub answers with here.
CODES = {
    "2001": ("Internal server error", 500),
    "3000": ("Generic client error", 400),
    "3002": ("Unknown URI", 404),
    "3003": ("Add Party information error", 400),
    "3100": ("Generic validation error", 400),
    "3101": ("Malformed syntax", 400),
    "3102": ("Missing mandatory element", 400),
    "3200": ("Generic ID not found", 400),
    "6000": ("Generic Settlement Error", 400),
}
LONGEST = 128  # errorDescription of the scheme's API


class Refused(Exception):
    """An answer that is an error: a code of the scheme, and what was wrong. `from_database` adds the hub's own mark."""

    def __init__(self, code: str, detail: str, *, status: int | None = None, from_database: bool = False) -> None:
        super().__init__(detail)
        self.code, self.detail, self.from_database = code, detail, from_database
        self.status = status or CODES[code][1]

    def information(self) -> dict[str, Any]:
        """The errorInformation object. Its description is cut, as the hub cuts it: a client must not parse the tail."""
        said: dict[str, Any] = {
            "errorCode": self.code,
            "errorDescription": f"{CODES[self.code][0]} - {self.detail}"[:LONGEST],
        }
        if self.from_database:
            said["extensionList"] = {"extension": [{"key": "system", "value": '["db"]'}]}
        return said


def internal(detail: str, *, from_database: bool = False) -> Refused:
    """What the hub answers when a rule it did not foresee is broken; several business rules are among them."""
    return Refused("2001", detail, from_database=from_database)


def invalid(detail: str) -> Refused:
    """A request that is understood, but cannot be granted."""
    return Refused("3100", detail)


def malformed(detail: str) -> Refused:
    """A request that does not have the form it must have."""
    return Refused("3101", detail)


def not_found(detail: str) -> Refused:
    """Something named in the request that does not exist; never a 404."""
    return Refused("3200", detail)
