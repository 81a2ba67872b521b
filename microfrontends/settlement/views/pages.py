"""Every page of this app."""

from microfrontends.settlement.views import (
    finalisations,
    guide,
    home,
    initiation_report,
    participants,
    search,
    settle_windows,
    settlements,
    windows,
)

PAGES = tuple(
    each.blueprint
    for each in (
        windows,
        settle_windows,
        settlements,
        guide,
        initiation_report,
        finalisations,
        home,
        search,
        participants,
    )
)
