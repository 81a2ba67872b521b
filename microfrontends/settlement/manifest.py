"""Who this micro-frontend is, and what it offers to the shell."""

from importlib.metadata import version

from flask_babel import lazy_gettext as _l

from bff import Manifest, NavItem, Slot

MANIFEST = Manifest(
    name="settlement",
    version=version("bizops-portal"),
    title=_l("Settlement"),
    navigation=(
        NavItem(_l("Settlement windows"), "windows.index", "calendar-clock"),
        NavItem(_l("Settlements"), "settlements.index", "scale"),
    ),
    slots=(Slot("home", "home.panel"), Slot("home", "home.settlements")),
    fallback=_l("Settlement windows cannot be shown at the moment. The hub goes on working."),
)
