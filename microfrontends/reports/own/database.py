"""A source of the portal's own data in the place of the hub's database: gathered anew for each run, for its reader."""

from collections.abc import Callable

from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.own.line import Gathered, GatheredLine
from microfrontends.reports.source.line import Line, Wait
from microfrontends.reports.sql_names import Tables


class OwnDatabase(HubDatabase):
    """Rows that `gather` gives, when a report asks for any."""

    def __init__(self, tables: Tables, gather: Callable[[], Gathered], seconds: float, at_once: int = 12) -> None:
        super().__init__("sqlite://", seconds, at_once)
        self._tables, self._gather = tables, gather

    def _open(self, wait: Wait) -> Line:
        return GatheredLine(self._tables, self._gather, wait)
