"""Who this micro-frontend is, and what it offers to the shell."""

from importlib.metadata import version

from flask_babel import lazy_gettext as _l

from bff import Manifest, NavItem

MANIFEST = Manifest(
    name="reports",
    version=version("bizops-portal"),
    title=_l("Reports"),
    navigation=(
        NavItem(_l("All reports"), "catalogue.index", "file-text"),
        NavItem(_l("Report sources"), "sources.index", "blocks"),
    ),
    audited={"report.read": _l("Read a report"), "report.sent": _l("Send a report's file")},
    fallback=_l("Reports cannot be shown at the moment. The hub goes on working."),
)
