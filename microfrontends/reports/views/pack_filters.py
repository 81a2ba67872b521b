"""Which packs an address asks for, and the filter bar that writes such addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from bff.change.words import writable
from microfrontends.reports.domain.delivery import UNPRODUCED, PackState
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.packs.deliveries import Wanted
from microfrontends.reports.packs.words import EVENT_WORDS, STATE_WORDS

LARGEST = 10**15
SHOWN = [state for state in PackState if state not in UNPRODUCED]


@dataclass(frozen=True)
class Asked:
    """What an address says: an event, a window's or settlement's number, a state, a participant, the last one seen."""

    event: str = ""
    number: str = ""
    state: str = ""
    participant: str = ""
    before: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """The address, without what cannot be meant."""
        event, state = given.get("event", ""), given.get("state", "")
        return cls(
            event if event in list(Event) else "",
            str(found) if (found := whole(given.get("number", ""))) is not None else "",
            state if state in SHOWN else "",
            writable(given.get("participant", "").strip()[:128]),
            whole(given.get("before", "")),
        )

    @property
    def wanted(self) -> Wanted:
        """The same for the store."""
        return Wanted(
            states=(PackState(self.state),) if self.state else (),
            kind=Event(self.event) if self.event else None,
            object=int(self.number) if self.number else None,
            participant=self.participant,
        )

    def address(self, endpoint: str, **otherwise: Any) -> str:
        """This list's address, some of it otherwise; always from its beginning, unless that is said."""
        said = {"event": self.event, "number": self.number, "state": self.state, "participant": self.participant}
        return url_for(endpoint, **{key: value for key, value in {**said, **otherwise}.items() if value})


def whole(text: str) -> int | None:
    """A number as people type it; None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 and int(text) < LARGEST else None


def filters_of(
    asked: Asked, endpoint: str, *, by_participant: bool, states: Sequence[PackState] = SHOWN
) -> dict[str, Any]:
    """What `ui.filter_bar` takes."""
    events = [("", _("Any")), *((str(event), str(word)) for event, word in EVENT_WORDS.items())]
    choices = [("", _("Any")), *((str(state), str(STATE_WORDS[state])) for state in states)]
    number = _("Window or settlement")
    fields = [
        {"name": "event", "label": _("Event"), "kind": "select", "value": asked.event, "options": events},
        {"name": "number", "label": number, "kind": "text", "value": asked.number, "more": {"inputmode": "numeric"}},
    ]
    if states:
        fields.append(
            {"name": "state", "label": _("State"), "kind": "select", "value": asked.state, "options": choices}
        )
    if by_participant:
        fields.append({"name": "participant", "label": _("Participant"), "kind": "text", "value": asked.participant})
    return {"fields": fields, "chips": _chips(asked, endpoint), "clear": url_for(endpoint)}


def _chips(asked: Asked, endpoint: str) -> list[dict[str, str]]:
    said = {
        "event": _("Event: %(what)s", what=EVENT_WORDS[Event(asked.event)]) if asked.event else "",
        "number": _("Window or settlement: %(what)s", what=asked.number),
        "state": _("State: %(state)s", state=STATE_WORDS[PackState(asked.state)]) if asked.state else "",
        "participant": _("Participant: %(what)s", what=asked.participant),
    }
    return [
        {"label": label, "remove": asked.address(endpoint, **{key: None})}
        for key, label in said.items()
        if getattr(asked, key)
    ]
