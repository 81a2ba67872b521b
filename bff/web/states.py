"""How the state of anything looks: a word, a tone and a shape, read from the code that the hub or an app gives it.

The table knows the stems of such codes (`PENDING`, `RECORDED`), not the things that have them, so that a code of a newer
hub still gets a sensible look and an unknown one the plain look.
"""

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class Look:
    """Tone is one of ok, attention, danger, info, plain; shape one of ring, half, full, tick, cross, triangle."""

    word: str
    tone: str
    shape: str


STEMS: dict[str, tuple[str, str]] = {
    "OPEN": ("info", "ring"),
    "ACTIVE": ("ok", "full"),
    "ENABLED": ("ok", "full"),
    "INACTIVE": ("plain", "ring"),
    "DISABLED": ("plain", "ring"),
    "CLOSED": ("plain", "full"),
    "PENDING": ("attention", "half"),
    "WAITING": ("plain", "ring"),
    "RECEIVED": ("info", "ring"),
    "PROCESSING": ("info", "half"),
    "DOING": ("info", "half"),
    "RUNNING": ("info", "half"),
    "EXECUTING": ("info", "half"),
    "RECORDED": ("info", "half"),
    "RESERVED": ("info", "half"),
    "SETTLING": ("info", "full"),
    "COMMITTED": ("info", "full"),
    "APPROVED": ("info", "full"),
    "SETTLED": ("ok", "tick"),
    "DONE": ("ok", "tick"),
    "OK": ("ok", "tick"),
    "REJECTED": ("danger", "cross"),
    "ABORTED": ("danger", "cross"),
    "WITHDRAWN": ("plain", "cross"),
    "SKIPPED": ("plain", "cross"),
    "EXPIRED": ("plain", "cross"),
    "FAILED": ("danger", "triangle"),
    "REFUSED": ("danger", "triangle"),
    "ERROR": ("danger", "triangle"),
    "REJECT": ("danger", "triangle"),
    "TIMEOUT": ("danger", "triangle"),
    "UNAVAILABLE": ("danger", "triangle"),
    "UNKNOWN": ("attention", "triangle"),
    "STALE": ("attention", "triangle"),
}
PLAIN = ("plain", "ring")
UNHAPPY_ENDS = {"ERROR", "REJECT", "TIMEOUT"}  # RECEIVED_ERROR is an error, whatever was received


def look_of(code: object) -> Look:
    """The look of a state code such as `PENDING` or `PS_TRANSFERS_RECORDED`."""
    text = str(code)
    parts = text.upper().split("_")
    stem = parts[-1] if parts[-1] in UNHAPPY_ENDS else next((part for part in parts if part in STEMS), "")
    tone, shape = STEMS.get(stem, PLAIN)
    return Look(word_for(text), tone, shape)


def word_for(code: str) -> str:
    """The code as a reader says it: `Transfers recorded` for PS_TRANSFERS_RECORDED, in the reader's language."""
    parts = code.split("_")
    spoken = parts[1:] if len(parts) > 1 and len(parts[0]) <= 2 else parts
    return _(" ".join(spoken).capitalize())
