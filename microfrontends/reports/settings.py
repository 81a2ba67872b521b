"""What the reports app must be told beside what every app is told."""

from dataclasses import dataclass

from bff import Settings, setting


@dataclass(frozen=True, kw_only=True)
class ReportsSettings(Settings):
    """Settings of the reports app."""

    hub_database_url: str = setting(
        "The hub's database (SQLAlchemy URL), with an account that may only read.", secret=True
    )
    report_seconds: int = setting("A report's query is stopped after so many seconds.", default=20)
