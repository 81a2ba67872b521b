"""Who this micro-frontend is, and what it offers to the shell."""

from importlib.metadata import version

from flask_babel import lazy_gettext as _l

from bff import Manifest, NavItem, Slot

MANIFEST = Manifest(
    name="reports",
    version=version("bizops-portal"),
    title=_l("Reports"),
    navigation=(
        NavItem(_l("All reports"), "catalogue.index", "file-text", ahead=True),
        NavItem(_l("Report packs"), "packs.index", "inbox", badge="badges.new"),
        NavItem(_l("Pack deliveries"), "deliveries.index", "send", badge="badges.disputed"),
        NavItem(_l("Run history"), "runs.index", "history"),
        NavItem(_l("Report sources"), "sources.index", "blocks"),
    ),
    slots=(
        Slot("home", "packs.panel"),
        Slot("home", "deliveries.panel"),
        Slot("home", "background.panel"),
        Slot("search", "search.hits", asks=("q",)),
        Slot("settlement", "about.settlement", max_age=60),
        Slot("participant", "about.participant", max_age=60),
        Slot("participant", "packs_of.own"),
        Slot("participant", "packs_of.delivered"),
        Slot("help", "help.panel"),
    ),
    audited={
        "report.read": _l("Read a report"),
        "report.sent": _l("Send a report's file"),
        "report.ask": _l("Ask for a report in the background"),
        "report.cancel": _l("Cancel a report in the background"),
        "report.written": _l("Write a report in the background"),
        "report.fetch": _l("Fetch a file that was written in the background"),
        "runs.export": _l("Download the run history"),
        "pack.list": _l("List report packs"),
        "pack.read": _l("Open a report pack"),
        "pack.sent": _l("Send a report pack's file"),
        "pack.produced": _l("Produce a report pack"),
        "pack.failed": _l("Give up producing a report pack"),
        "pack.retried": _l("Have a report pack produced again"),
        "pack.acknowledged": _l("A report pack was acknowledged"),
        "pack.disputed": _l("A report pack was disputed"),
        "pack.answered": _l("A dispute was answered"),
        "pack.superseded": _l("Replace a report pack by a new version"),
    },
    fallback=_l("Reports cannot be shown at the moment. The hub goes on working."),
)
