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
    reports_dir: Path | None = setting(
        "Folder of a site's own report files, read again when they change; unset: none beside the standard ones.",
        default=None,
    )
    reports_namespace: str = setting(
        "Namespace of the cluster whose MojaloopReport objects are reports too, read again when they change; "
        "empty: none.",
        default="",
    )
    report_seconds: int = setting("A report on a page is stopped after so many seconds.", default=20)
    file_seconds: int = setting("A report that is sent as a file is stopped after so many seconds.", default=600)
    reports_at_once: int = setting(
        "So many reports run at a time in one process, a third of them as files.", default=12
    )
    jobs_at_once: int = setting("A worker writes so many reports in the background at a time.", default=2)
    job_seconds: int = setting(
        "A report that is written in the background is stopped after so many seconds.", default=3600
    )
    job_rows: int = setting(
        "From so many rows on, a report's page proposes to write its file in the background.", default=100_000
    )
    jobs_each: int = setting("One person has at most so many reports written in the background at a time.", default=5)
    kept_hours: int = setting("A file that was written in the background can be fetched for so many hours.", default=72)
    run_days: int = setting(
        "The run history goes back so many days; the audit goes back to the beginning.", default=400
    )
    pack_language: str = setting("The language in which report packs are written: en or fr.", default="en")
    pack_overdue_hours: int = setting(
        "A report pack that its participant has not answered for after so many hours is overdue.", default=24
    )
    pack_look_back_hours: int = setting(
        "The first time, report packs are made for what happened at the hub in so many hours before; 0: for nothing.",
        default=0,
    )
    pack_days: int = setting(
        "Files of a report pack can be fetched for so many days; the proof of its delivery is kept for ever.",
        default=800,
    )
    worker_beat: Path | None = setting(
        "File that a worker writes every few seconds while it is well, for whoever watches it.", default=None
    )
