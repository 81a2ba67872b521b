"""What the reports app must be told beside what every app is told."""

from dataclasses import dataclass
from pathlib import Path

from bff import Settings, setting


@dataclass(frozen=True, kw_only=True)
class ReportsSettings(Settings):
    """Settings of the reports app."""

    hub_database_url: str = setting(
        "The hub's database (SQLAlchemy URL), with an account that may only read.", secret=True
    )
    reports_dir: Path | None = setting("Folder of a site's own report files; unset: the standard ones.", default=None)
    report_seconds: int = setting("A report on a page is stopped after so many seconds.", default=20)
    file_seconds: int = setting("A report that is sent as a file is stopped after so many seconds.", default=600)
    reports_at_once: int = setting(
        "So many reports run at a time in one process, a third of them as files.", default=12
    )
