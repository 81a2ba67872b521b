"""What this app must be told besides what every app knows: where the hub is."""

from dataclasses import dataclass

from bff import Settings, setting


@dataclass(frozen=True, kw_only=True)
class SettlementSettings(Settings):
    """The settings of the settlement micro-frontend."""

    hub_settlement_url: str = setting("Base URL of the hub's central-settlement API, with its /v2.")
    hub_ledger_url: str = setting("Base URL of the hub's central-ledger admin API.")
    hub_database_url: str = setting("The hub's database, for reading only (SQLAlchemy URL).", secret=True)
