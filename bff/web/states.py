"""How the state of anything looks: a word, a tone and a shape, read from the code that the hub or an app gives it.

The table knows the stems of such codes (`PENDING`, `RECORDED`), not the things that have them, so that a code of a
newer hub still gets a sensible look and an unknown one the plain look. The words of longer codes are their app's to
translate.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Look:
    """Tone is one of ok, attention, danger, info, plain; shape one of ring, half, full, tick, cross, triangle."""

    word: object
    tone: str
    shape: str


STEMS: dict[str, Look] = {
    "OPEN": Look(_l("Open"), "info", "ring"),
    "ACTIVE": Look(_l("Active"), "ok", "full"),
    "ENABLED": Look(_l("Enabled"), "ok", "full"),
    "INACTIVE": Look(_l("Inactive"), "plain", "ring"),
    "DISABLED": Look(_l("Disabled"), "plain", "ring"),
    "CLOSED": Look(_l("Closed"), "plain", "full"),
    "PENDING": Look(_l("Pending"), "attention", "half"),
    "WAITING": Look(_l("Waiting"), "plain", "ring"),
    "RECEIVED": Look(_l("Received"), "info", "ring"),
    "PROCESSING": Look(_l("Processing"), "info", "half"),
    "DOING": Look(_l("Doing"), "info", "half"),
    "RUNNING": Look(_l("Running"), "info", "half"),
    "EXECUTING": Look(_l("Executing"), "info", "half"),
    "RECORDED": Look(_l("Recorded"), "info", "half"),
    "RESERVED": Look(_l("Reserved"), "info", "half"),
    "SETTLING": Look(_l("Settling"), "info", "full"),
    "COMMITTED": Look(_l("Committed"), "info", "full"),
    "APPROVED": Look(_l("Approved"), "info", "full"),
    "SETTLED": Look(_l("Settled"), "ok", "tick"),
    "DONE": Look(_l("Done"), "ok", "tick"),
    "OK": Look(_l("OK"), "ok", "tick"),
    "REJECTED": Look(_l("Rejected"), "danger", "cross"),
    "ABORTED": Look(_l("Aborted"), "danger", "cross"),
    "WITHDRAWN": Look(_l("Withdrawn"), "plain", "cross"),
    "SKIPPED": Look(_l("Skipped"), "plain", "cross"),
    "EXPIRED": Look(_l("Expired"), "plain", "cross"),
    "FAILED": Look(_l("Failed"), "danger", "triangle"),
    "REFUSED": Look(_l("Refused"), "danger", "triangle"),
    "ERROR": Look(_l("Error"), "danger", "triangle"),
    "REJECT": Look(_l("Rejected"), "danger", "triangle"),
    "TIMEOUT": Look(_l("Timed out"), "danger", "triangle"),
    "UNAVAILABLE": Look(_l("Unavailable"), "danger", "triangle"),
    "UNKNOWN": Look(_l("Unknown"), "attention", "triangle"),
    "STALE": Look(_l("Stale"), "attention", "triangle"),
}
UNHAPPY_ENDS = {"ERROR", "REJECT", "TIMEOUT"}  # RECEIVED_ERROR is an error, whatever was received
PLAIN = Look("", "plain", "ring")


def look_of(code: object) -> Look:
    """The look of a state code such as `PENDING` or `PS_RESERVED_BY_BOTH`."""
    parts = str(code).upper().split("_")
    stem = parts[-1] if parts[-1] in UNHAPPY_ENDS else next((part for part in parts if part in STEMS), "")
    look = STEMS.get(stem, PLAIN)
    return look if len(parts) == 1 and look.word else Look(spoken(str(code)), look.tone, look.shape)


def spoken(code: str) -> str:
    """A longer code as a reader says it, in the reader's language: `Reserved by both` for PS_RESERVED_BY_BOTH."""
    parts = code.split("_")
    words = parts[1:] if len(parts) > 1 and len(parts[0]) <= 2 else parts
    phrase = " ".join(words).capitalize()
    return _(phrase)
