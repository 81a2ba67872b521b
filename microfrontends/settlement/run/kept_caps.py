"""The net debit caps kept beside a run: as they were before the hub reserved, as they were found, and put back."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bff.change.tasks import naive
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.run.records import KeptCap
from microfrontends.settlement.run.table import settlement_cap

_cap = settlement_cap.c


class KeptCaps:
    """The caps of all runs of one app."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, run_id: str) -> list[KeptCap]:
        """The caps kept beside a run, by participant and currency."""
        query = sa.select(settlement_cap).where(_cap.run == run_id).order_by(_cap.participant, _cap.currency)
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def keep(self, connection: Connection, run_id: str, caps: Iterable[Cap]) -> None:
        """Keep caps as they are before the hub reserves."""
        rows = [
            {"run": run_id, "participant": cap.participant, "currency": cap.currency, **_values(cap, "before")}
            for cap in caps
        ]
        if rows:
            connection.execute(sa.insert(settlement_cap), rows)

    def compare(self, connection: Connection, run_id: str, caps: Iterable[Cap]) -> None:
        """Keep beside them what they are after."""
        for cap in caps:
            connection.execute(sa.update(settlement_cap).where(*_key(run_id, cap)).values(_values(cap, "after")))

    def restored(self, run_id: str, cap: Cap, by: str, at: datetime) -> None:
        """Keep that a cap was put back."""
        values = {"restored_at": naive(at), "restored_by": by}
        with self._engine.begin() as connection:
            connection.execute(sa.update(settlement_cap).where(*_key(run_id, cap)).values(values))


def _key(run_id: str, cap: Cap) -> tuple[sa.ColumnElement[bool], ...]:
    return _cap.run == run_id, _cap.participant == cap.participant, _cap.currency == cap.currency


def _values(cap: Cap, when: str) -> dict[str, str]:
    return {f"value_{when}": f"{cap.value:f}", f"alarm_{when}": f"{cap.alarm:f}"}


def _read(row: Any) -> KeptCap:
    name, currency, restored = row["participant"], row["currency"], row["restored_at"]
    before = Cap(name, currency, Decimal(row["value_before"]), Decimal(row["alarm_before"]))
    after = None
    if row["value_after"] is not None:
        after = Cap(name, currency, Decimal(row["value_after"]), Decimal(row["alarm_after"]))
    return KeptCap(before, after, restored.replace(tzinfo=UTC) if restored else None, row["restored_by"] or "")
