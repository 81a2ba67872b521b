"""What this app must be told besides what every app knows: where the hub is."""

from dataclasses import dataclass
from pathlib import Path

from bff import Settings, setting
from microfrontends.settlement.closings import WrongSchedule, closings_in
from microfrontends.settlement.domain.bank_findings import FATAL, JUDGED, Kind


@dataclass(frozen=True, kw_only=True)
class SettlementSettings(Settings):
    """The settings of the settlement micro-frontend."""

    hub_settlement_url: str = setting("Base URL of the hub's central-settlement API, with its /v2.")
    hub_ledger_url: str = setting("Base URL of the hub's central-ledger admin API.")
    hub_database_url: str = setting("The hub's database, for reading only (SQLAlchemy URL).", secret=True)
    bank_file_fatal: str = setting(
        "Which of the validations 2 to 6 of the settlement bank's file stop it, by number; the others only warn.",
        default=" ".join(str(kind.value) for kind in sorted(FATAL)),
    )
    close_schedule: Path | None = setting(
        "YAML file that says when windows are closed by themselves; unset: never.", default=None
    )
    bank_identifiers: Path | None = setting(
        "YAML file with the settlement bank's identifier of each participant; unset: its name.", default=None
    )
    worker_beat: Path | None = setting(
        "File that a worker writes every few seconds while it is well, for whoever watches it.", default=None
    )

    @property
    def fatal_kinds(self) -> frozenset[Kind]:
        """The validations that stop a bank's file, of those that a site may judge."""
        return frozenset(Kind(int(number)) for number in self.bank_file_fatal.split())

    def problems(self) -> list[str]:
        """Besides every app's: numbers that name no such validation, and a schedule that cannot be read."""
        found = super().problems()
        known = [str(kind.value) for kind in sorted(JUDGED)]
        if any(number not in known for number in self.bank_file_fatal.split()):
            found.append(f"BIZOPS_BANK_FILE_FATAL is {self.bank_file_fatal!r}; use numbers of {', '.join(known)}.")
        try:
            closings_in(self.close_schedule, self.time_zone)
        except WrongSchedule as problem:
            found.append(f"BIZOPS_CLOSE_SCHEDULE: {problem}.")
        return found
