"""What `bizops journeys` opens beside the pages of the menu: each standard report, for whoever may run it alone."""

from bff.journeys.matrix import Page
from microfrontends.reports.catalogue import load
from microfrontends.reports.domain.definition import Scope
from microfrontends.reports.permissions import P


def pages() -> list[Page]:
    """A page for each report: its form or, where nothing has to be asked, its result."""
    return [
        Page(
            f"/reports/catalogue/{name}",
            frozenset({str(P.VIEW_CATALOGUE), entry.report.permission}),
            listed=False,
            hub_only=entry.report.scope is Scope.HUB,
        )
        for name, entry in load().items()
    ]
