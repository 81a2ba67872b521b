"""Decides how an action reads in the audit: in words where the platform itself knows it, else by its id."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l

ACTIONS: Final[dict[str, Any]] = {
    "audit.read": _l("Read the audit"),
    "audit.export": _l("Export the audit"),
    "audit.key": _l("Introduce a signing key"),
}


def action(code: str) -> str:
    """The action in the reader's language."""
    return str(ACTIONS.get(code, code))
