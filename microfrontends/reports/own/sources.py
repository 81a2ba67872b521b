"""Which sources of the portal's own data there are beside the hub's database."""

from collections.abc import Callable, Mapping

from bff.access.rights import Access
from microfrontends.reports.domain.definition import Source
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.own import access, requests
from microfrontends.reports.own.database import OwnDatabase
from microfrontends.reports.own.line import Gathered
from microfrontends.reports.own.portal import Portal
from microfrontends.reports.own.tables import TABLES
from microfrontends.reports.settings import ReportsSettings


def databases(settings: ReportsSettings, rights: Access) -> Mapping[Source, HubDatabase]:
    """By the name that a report's `source` gives."""
    portal = Portal(settings.shell_url)

    def made(source: Source, gather: Callable[[], Gathered]) -> OwnDatabase:
        return OwnDatabase(TABLES[source], gather, settings.report_seconds, settings.reports_at_once)

    return {
        Source.APPROVALS: made(Source.APPROVALS, lambda: requests.gathered(portal)),
        Source.ACCESS: made(Source.ACCESS, lambda: access.gathered(rights, portal)),
    }
