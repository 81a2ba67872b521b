"""What this app must be told besides what every app knows: where people are listed, and where participants are."""

from dataclasses import dataclass

from bff import Settings, setting


@dataclass(frozen=True, kw_only=True)
class UsersSettings(Settings):
    """The settings of the users micro-frontend."""

    directory_url: str = setting("SCIM 2.0 base URL of the identity provider's directory.")
    hub_ledger_url: str = setting("Base URL of the hub's central-ledger admin API.")
