"""What the address of the audit asks for, in the hub's days, and the addresses that ask for something else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.change.happening import Outcome
from bff.web.formats import day
from bff.web.locale import time_zone

LONGEST: Final = 255
MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"  # as entries say it
WORDS: Final = {
    "actor": _l("Actor"),
    "action": _l("Action"),
    "target": _l("Object"),
    "participant": _l("Participant"),
    "outcome": _l("Outcome"),
    "task": _l("Request"),
    "app": _l("Area"),
}
UNREAD: Final = "not-read"  # whoever reads the audit fills it with their own reading
TYPED: Final = ("actor", "action", "target", "participant")
PRESETS: Final = ((_l("Today"), 0), (_l("Week"), 6), (_l("Month"), 29))


@dataclass(frozen=True)
class Filters:
    """What is looked for; empty means any. `first` and `last` are days of the hub, both whole."""

    actor: str = ""
    action: str = ""
    target: str = ""
    participant: str = ""
    outcome: str = ""
    task: str = ""
    app: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """The filters of an address; what makes no sense is left out."""
        typed = {name: " ".join(query.get(name, "").split())[:LONGEST] for name in (*TYPED, "task", "app")}
        outcome = query["outcome"] if query.get("outcome") in (*Outcome, UNREAD) else ""
        return cls(**typed, outcome=outcome, first=_day(query.get("from")), last=_day(query.get("to")))

    def query(self) -> dict[str, str]:
        """The shortest query of these filters."""
        days = {"from": self.first.isoformat() if self.first else "", "to": self.last.isoformat() if self.last else ""}
        said = {name: getattr(self, name) for name in WORDS} | days
        return {name: value for name, value in said.items() if value}

    def asked(self) -> dict[str, str]:
        """The same as a chain is asked: which chain is no question to it, and days are moments."""
        said = {name: value for name, value in self.query().items() if name not in ("app", "from", "to")}
        if self.outcome == UNREAD:
            said["outcome"] = ",".join(outcome for outcome in Outcome if outcome is not Outcome.READ)
        if self.first:
            said["from"] = _midnight(self.first)
        if self.last:
            said["to"] = _midnight(self.last + timedelta(days=1))
        return said

    def address(self, endpoint: str = "all_audit.index", **more: Any) -> str:
        """The page of these filters."""
        return url_for(endpoint, **{**self.query(), **more})


def bar(filters: Filters, chains: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the macro `filter_bar` takes. `chains` are the names and titles of those that may be read."""
    here = datetime.now(ZoneInfo(time_zone())).date()
    beginning = {"title": _("The whole of it, or its beginning and a *")}
    hints = {"action": beginning, "target": beginning}
    days = [("from", _("From"), filters.first), ("to", _("To"), filters.last)]
    fields = [{"name": name, "label": label, "kind": "date", "value": at or ""} for name, label, at in days]
    typed = [
        {
            "name": name,
            "label": WORDS[name],
            "kind": "search",
            "value": getattr(filters, name),
            "more": hints.get(name, {}),
        }
        for name in TYPED
    ]
    outcomes = [
        ("", _("Any")),
        (UNREAD, outcome_word(UNREAD)),
        *((str(outcome), outcome_word(outcome)) for outcome in Outcome),
    ]
    chosen = [
        {"name": "outcome", "label": WORDS["outcome"], "value": filters.outcome, "options": outcomes},
        {"name": "app", "label": WORDS["app"], "value": filters.app, "options": [("", _("All")), *chains]},
    ]
    return {
        "label": _("Filter the audit"),
        "presets": [_preset(filters, label, here - timedelta(days=back), here) for label, back in PRESETS],
        "fields": [*fields, *typed, *({**field, "kind": "select"} for field in chosen)],
        "chips": _chips(filters, dict(chains)),
        "clear": url_for("all_audit.index"),
    }


def _preset(filters: Filters, label: Any, first: date, last: date) -> dict[str, Any]:
    wanted = replace(filters, first=first, last=last)
    return {"label": label, "href": wanted.address(), "current": wanted == filters}


def _chips(filters: Filters, titles: Mapping[str, str]) -> list[dict[str, str]]:
    query = filters.query()
    without = {
        name: Filters.of({key: value for key, value in query.items() if key != name}).address() for name in WORDS
    }
    shown = {"outcome": outcome_word(filters.outcome), "app": titles.get(filters.app, filters.app)}
    chips = [
        {"label": f"{WORDS[name]}: {shown.get(name, value)}", "remove": without[name]}
        for name, value in query.items()
        if name in WORDS
    ]
    if filters.first:
        label = _("from %(day)s", day=day(filters.first))
        chips.append({"label": label, "remove": replace(filters, first=None).address()})
    if filters.last:
        chips.append({"label": _("to %(day)s", day=day(filters.last)), "remove": replace(filters, last=None).address()})
    return chips


OUTCOMES: Final = {
    Outcome.INTENT: (_l("Begun"), "info", "half"),
    Outcome.DONE: (_l("Done"), "ok", "tick"),
    Outcome.FAILED: (_l("Failed"), "danger", "triangle"),
    Outcome.UNKNOWN: (_l("Unknown"), "attention", "triangle"),
    Outcome.REFUSED: (_l("Refused"), "danger", "cross"),
    Outcome.REQUESTED: (_l("Requested"), "info", "ring"),
    Outcome.APPROVED: (_l("Approved"), "info", "full"),
    Outcome.REJECTED: (_l("Rejected"), "danger", "cross"),
    Outcome.WITHDRAWN: (_l("Withdrawn"), "plain", "cross"),
    Outcome.EXPIRED: (_l("Expired"), "plain", "cross"),
    Outcome.STALE: (_l("Stale"), "attention", "triangle"),
    Outcome.READ: (_l("Read"), "plain", "ring"),
    Outcome.SIGNED_IN: (_l("Signed in"), "ok", "full"),
    Outcome.SIGNED_OUT: (_l("Signed out"), "plain", "full"),
}


def outcome_word(code: str) -> str:
    """An outcome in words; its code where a newer app says one that is not known here."""
    return str(_("All but reads") if code == UNREAD else outcome_look(code)[0])


def outcome_look(code: str) -> tuple[Any, str, str]:
    """Word, tone and shape of an outcome."""
    return OUTCOMES.get(code, (code, "plain", "ring"))  # type: ignore[call-overload,no-any-return]  # str enum keys


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1970 <= found.year < 3000 else None


def _midnight(of: date) -> str:
    """The moment at which a day of the hub begins."""
    return datetime.combine(of, time(), ZoneInfo(time_zone())).astimezone(UTC).strftime(MOMENT)
