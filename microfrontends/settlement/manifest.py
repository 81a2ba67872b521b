"""Who this micro-frontend is, and what it offers to the shell."""

from importlib.metadata import version

from flask_babel import lazy_gettext as _l

from bff import Manifest, NavItem, Slot

MANIFEST = Manifest(
    name="settlement",
    version=version("bizops-portal"),
    title=_l("Settlement"),
    navigation=(
        NavItem(_l("Settlement windows"), "windows.index", "calendar-clock", ahead=True),
        NavItem(_l("Settlements"), "settlements.index", "scale", badge="home.stopped", ahead=True),
        NavItem(_l("Participants"), "participants.index", "landmark", ahead=True),
    ),
    slots=(
        Slot("home", "home.panel"),
        Slot("home", "home.settlements"),
        Slot("approvals", "home.stopped_runs"),
        Slot("search", "search.windows", asks=("q",)),
        Slot("search", "search.settlements", asks=("q",)),
        Slot("search", "search.participants", asks=("q",)),
        Slot("help", "help.panel"),
    ),
    audited={
        "finalisation.validate": _l("Validate a finalisation"),
        "finalisation.acknowledge": _l("Acknowledge a warning about a finalisation"),
        "initiation_report.read": _l("Read a settlement initiation report"),
        "initiation_report.export": _l("Download a settlement initiation report"),
        "settlement.initiate.step": _l("A step of making a settlement"),
        "settlement.finalise.step": _l("A step of a finalisation"),
        "settlement.correct.step": _l("A step of booking a difference"),
        "settlement.schedule": _l("Close a window on schedule"),
    },
    fallback=_l("Settlement windows cannot be shown at the moment. The hub goes on working."),
)
