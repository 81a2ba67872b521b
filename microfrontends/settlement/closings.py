"""When windows are to be closed by themselves: read from the site's file, checked whole."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from cronsim import CronSim, CronSimError

KEYS = {"model", "cron", "timeZone", "reason"}
LONGEST_CRON = 100


class WrongSchedule(ValueError):
    """The file does not say what it must. The message names it, the entry and the remedy."""


@dataclass(frozen=True)
class Closing:
    """The windows of a settlement model are closed at these moments. `cron` has five fields, as cron has them."""

    model: str
    cron: str
    zone: ZoneInfo
    reason: str

    def next(self, after: datetime) -> datetime:
        """The next moment, in UTC. A moment that the clock skips comes right after; one that it repeats comes once."""
        return next(CronSim(self.cron, after.astimezone(self.zone))).astimezone(UTC)

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """The moments after one and up to another, in UTC."""
        moments = (each.astimezone(UTC) for each in CronSim(self.cron, after.astimezone(self.zone)))
        return list(takewhile(lambda each: each <= until, moments))


def closings_in(path: Path | None, default_zone: str) -> tuple[Closing, ...]:
    """The closings of a file; none without one. Raises WrongSchedule.

    `closings: [{model: DEFERREDNETUSD, cron: "0 17 * * MON-FRI", timeZone: Africa/Nairobi, reason: End of day}]`
    """
    if path is None:
        return ()
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise WrongSchedule(f"{path} cannot be read: {problem}") from problem
    entries = told.get("closings") if isinstance(told, dict) else None
    if not isinstance(entries, list):
        raise WrongSchedule(f"{path} has no list `closings`")
    found = tuple(_closing(path, number, each, default_zone) for number, each in enumerate(entries, 1))
    names = [each.model for each in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise WrongSchedule(f"{path}: model {twice} stands twice; write its moments into one expression")
    return found


def _closing(path: Path, number: int, told: Any, default_zone: str) -> Closing:
    where = f"{path}: closing {number}"
    if not isinstance(told, dict) or not told.keys() <= KEYS or not {"model", "cron"} <= told.keys():
        raise WrongSchedule(f"{where} must have model and cron, may have timeZone and reason, and nothing else")
    cron = str(told["cron"])
    try:
        zone = ZoneInfo(str(told.get("timeZone", default_zone)))
        if len(cron.split()) != 5 or len(cron) > LONGEST_CRON:
            raise WrongSchedule(f"{where}: {cron[:LONGEST_CRON]!r} has not the five fields of a cron expression")
        CronSim(cron, datetime.now(zone))
    except CronSimError as problem:
        raise WrongSchedule(f"{where}: {cron!r} is no cron expression: {problem}") from problem
    except (ZoneInfoNotFoundError, ValueError) as problem:
        if isinstance(problem, WrongSchedule):
            raise
        raise WrongSchedule(
            f"{where}: {told['timeZone']!r} is no IANA time zone; use one like Africa/Nairobi"
        ) from None
    return Closing(str(told["model"]), cron, zone, str(told.get("reason", "Closed by schedule")))
