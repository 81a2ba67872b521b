"""What the address of a list over a period asks for, and the address that asks for it again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from flask import current_app, url_for

from microfrontends.settlement.domain.period import Period, Preset, chosen, period_of

INPUT = "%Y-%m-%dT%H:%M:%S"
S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class Asked(Generic[S]):
    """The list that is wanted. `followed` is a window to show whatever the dates say: the one just closed."""

    preset: Preset
    period: Period
    state: S | None = None
    page: int = 1
    followed: int | None = None
    endpoint: str = "windows.index"

    def query(self, **changes: Any) -> dict[str, Any]:
        """The shortest query that asks for this list, with some of it changed."""
        custom = self.preset is Preset.CUSTOM
        said = {
            "preset": None if custom or self.preset is Preset.TODAY else self.preset.value,
            "from": self.period.first.strftime(INPUT) if custom else None,
            "to": self.period.last.strftime(INPUT) if custom else None,
            "state": self.state.value if self.state else None,
            "page": self.page if self.page > 1 else None,
            "closed": self.followed,
        }
        return {key: value for key, value in {**said, **changes}.items() if value is not None}

    def address(self, **changes: Any) -> str:
        """The list's page; a change of filter begins at its first page and follows no window any more."""
        if changes and "page" not in changes:
            changes |= {"page": None, "closed": None}
        return url_for(self.endpoint, **self.query(**changes))

    def address_of(self, preset: Preset) -> str:
        """The same list over a preset's dates; CUSTOM keeps the present ones, for changing."""
        return replace(self, preset=preset).address(page=None, closed=None)


def sent(query: Mapping[str, str]) -> bool:
    """Whether the filter form was sent, rather than an address followed."""
    return "was_from" in query


def asked(query: Mapping[str, str], now: datetime, states: type[S], endpoint: str) -> Asked[S]:
    """The list that a query asks for; whatever it says that makes no sense is left out. `now` is in the hub's zone."""
    default = Preset.CUSTOM if query.get("from") or query.get("to") else Preset.TODAY
    preset = Preset(query["preset"]) if query.get("preset") in list(Preset) else default
    known = period_of(preset, now)
    first, last = _moment(query.get("from"), known.first), _moment(query.get("to"), known.last)
    if sent(query):
        before = Period(_moment(query.get("was_from"), known.first), _moment(query.get("was_to"), known.last))
        if Period(first, last) != before:
            preset, known = Preset.CUSTOM, chosen(first, last, before)
        elif preset is Preset.CUSTOM:
            known = before
    elif preset is Preset.CUSTOM:
        known = chosen(first, last, Period(first, last))
    state = states(query["state"]) if query.get("state") in list(states) else None
    return Asked(preset, known, state, number(query.get("page")) or 1, number(query.get("closed")), endpoint)


def asked_of(query: Mapping[str, Any], endpoint: str) -> Asked[Any]:
    """The list that a program asks for: a preset, or moments of its own."""
    now = here_and_now()
    preset = Preset.CUSTOM if query.keys() & {"from", "to"} else Preset(query["preset"])
    period = period_of(preset, now)
    if preset is Preset.CUSTOM:
        first, last = query.get("from") or period.first, query.get("to") or period.last
        wanted = Period(first.astimezone(now.tzinfo), last.astimezone(now.tzinfo))
        period = chosen(wanted.first, wanted.last, wanted)
    return Asked(preset, period, query.get("state"), query["page"], None, endpoint)


def here_and_now() -> datetime:
    """The present second in the hub's zone."""
    return datetime.now(ZoneInfo(current_app.config["TIME_ZONE"])).replace(microsecond=0)


def _moment(text: str | None, otherwise: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return at.replace(tzinfo=otherwise.tzinfo) if at.tzinfo is None else at.astimezone(otherwise.tzinfo)


def number(text: str | None) -> int | None:
    """A number in an address; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
