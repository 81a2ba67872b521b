"""What `bizops journeys` walks beside the pages of the menu: each standard report, and what some of them say."""

from bff.journeys.matrix import Page
from bff.journeys.walks import Walk
from microfrontends.reports import reconciling
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


def walks() -> list[Walk]:
    """Reports whose figures are held against others."""
    return [
        Walk("net amounts of a report are those of the hub's settlement service", reconciling.settlements_agree),
        Walk("what a report says a window holds is what its page says", reconciling.windows_agree),
        Walk("balances and movements of the settlement audit make each other", reconciling.movements_agree),
        Walk("a report holds the same rows in every format", reconciling.formats_agree),
    ]
