"""Who may see settlement windows at all: whoever sees every participant, since a window holds them all."""

from flask_babel import gettext as _

from bff import Missing, asker


def whole_hub_only() -> None:
    """Raise Missing for an identity that is bound to some participants, so that it learns nothing of the others."""
    if not asker().sees_all:
        raise Missing(_("Settlement windows are shown only to those who see every participant."))
