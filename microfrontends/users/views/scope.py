"""Who may look at people at all: whoever sees every participant, since people of all of them are here."""

from flask_babel import gettext as _

from bff import Missing, asker


def whole_hub_only() -> None:
    """Raise Missing for an identity that is bound to some participants, so that it learns nothing of others' people."""
    if not asker().sees_all:
        raise Missing(_("People are shown only to those who see every participant."))
