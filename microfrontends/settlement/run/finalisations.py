"""What was validated to be confirmed later: from the net amounts, or from the settlement bank's file, cell by cell."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from bff.change.tasks import naive
from bff.run import Person
from microfrontends.settlement.domain.bank_file import Cell, CellKind, Sheet, parsed
from microfrontends.settlement.domain.bank_findings import Finding, Policy
from microfrontends.settlement.domain.finalisation import Difference, Options, plan_from_bank, plan_from_nets
from microfrontends.settlement.domain.ledger import Ledger
from microfrontends.settlement.domain.proposal import Proposal, proposed
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.run.store import Clock, utc_now
from microfrontends.settlement.run.table import settlement_finalisation

NETS, BANK = "nets", "bank"
_column = settlement_finalisation.c


@dataclass(frozen=True)
class BankFileSent:
    """A file as it was uploaded, read into its cells. `sha256` is of its bytes."""

    name: str
    sha256: str
    sheet: Sheet


@dataclass(frozen=True)
class Acknowledgement:
    """Who has taken note of a warning, and when."""

    key: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Finalisation:
    """What somebody wants a finalisation to be. Without a file it moves the net amounts."""

    id: str
    settlement_id: int
    made_by: Person
    made_at: datetime
    options: Options
    file: BankFileSent | None = None
    findings: tuple[str, ...] = ()  # the keys of what was found when it was made
    acknowledged: tuple[Acknowledgement, ...] = field(default=())

    @property
    def source(self) -> str:
        """Where its amounts come from."""
        return BANK if self.file else NETS

    @property
    def keys(self) -> frozenset[str]:
        """The findings that were acknowledged."""
        return frozenset(each.key for each in self.acknowledged)

    def proposal(self, settlement: Settlement, ledger: Ledger, policy: Policy) -> Proposal:
        """What it leads to as settlement and ledger are now."""
        if self.file:
            return proposed(self.file.sheet, settlement, ledger, policy, self.options)
        return Proposal((), plan_from_nets(settlement, ledger, self.options))

    def differences(self, settlement: Settlement, ledger: Ledger) -> tuple[Difference, ...]:
        """Where the bank holds something else than the hub, however far the settlement is; none without a file."""
        read, _ = parsed(self.file.sheet) if self.file else (None, ())
        if read is None:
            return ()
        balances = {row.account_id: row.balance for row in read.rows}
        return plan_from_bank(settlement, ledger, self.options, balances).differences


class Finalisations:
    """All that were validated; none is ever changed but for its acknowledgements."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine, self._clock = engine, clock

    def make(
        self,
        settlement_id: int,
        options: Options,
        by: Person,
        file: BankFileSent | None = None,
        findings: Collection[Finding] = (),
    ) -> Finalisation:
        """Keep one."""
        key, cells = str(uuid.uuid4()), file.sheet.cells if file else {}
        values = {
            "id": key,
            "settlement_id": settlement_id,
            "made_by": by.subject,
            "made_name": by.name,
            "made_username": by.username,
            "made_at": naive(self._clock()),
            "source": BANK if file else NETS,
            "options": json.dumps(asdict(options)),
            "file_name": file.name[:255] if file else "",
            "sha256": file.sha256 if file else "",
            "cells": json.dumps({name: [cell.text, cell.kind] for name, cell in cells.items()}),
            "findings": json.dumps([each.key for each in findings]),
            "acknowledged": "[]",
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(settlement_finalisation).values(values))
        return self.get(key)

    def find(self, key: str) -> Finalisation | None:
        """One by its id."""
        return next(iter(self._read(_column.id == key)), None)

    def get(self, key: str) -> Finalisation:
        """One that is there."""
        found = self.find(key)
        assert found is not None, key
        return found

    def of_settlement(self, settlement_id: int) -> list[Finalisation]:
        """All of a settlement, the newest first."""
        return self._read(_column.settlement_id == settlement_id)

    def acknowledge(self, key: str, findings: Collection[str], by: Person) -> Finalisation:
        """Keep that somebody has taken note of these warnings, by their keys."""
        now = self._clock()
        with self._engine.begin() as connection:
            # A write comes first, so that of two at one moment the second sees what the first has written.
            mine = sa.update(settlement_finalisation).where(_column.id == key)
            connection.execute(mine.values(id=key))
            before = connection.execute(sa.select(_column.acknowledged).where(_column.id == key)).scalar_one()
            known = {each["key"]: each for each in json.loads(before)}
            for each in findings:
                known.setdefault(each, {"key": each, "by": by.name, "at": now.isoformat()})
            connection.execute(mine.values(acknowledged=json.dumps(list(known.values()))))
        return self.get(key)

    def _read(self, *conditions: Any) -> list[Finalisation]:
        query = sa.select(settlement_finalisation).where(*conditions).order_by(_column.made_at.desc())
        with self._engine.connect() as connection:
            return [_as_finalisation(row) for row in connection.execute(query).mappings()]


def _as_finalisation(row: Any) -> Finalisation:
    told = json.loads(row["acknowledged"])
    sheet = _sheet(json.loads(row["cells"]))
    return Finalisation(
        id=row["id"],
        settlement_id=row["settlement_id"],
        made_by=Person(row["made_by"], row["made_name"], row["made_username"]),
        made_at=row["made_at"].replace(tzinfo=UTC),
        options=Options(**json.loads(row["options"])),
        file=BankFileSent(row["file_name"], row["sha256"], sheet) if row["source"] == BANK else None,
        findings=tuple(json.loads(row["findings"])),
        acknowledged=tuple(Acknowledgement(e["key"], e["by"], datetime.fromisoformat(e["at"])) for e in told),
    )


def _sheet(cells: Mapping[str, list[str]]) -> Sheet:
    return Sheet({name: Cell(text, CellKind(kind)) for name, (text, kind) in cells.items()})
