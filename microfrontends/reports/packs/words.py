"""The words and the look of packs, events and proof."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from microfrontends.reports.domain.delivery import Did, PackState
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.packs.records import Happened

STATE_WORDS = {
    PackState.WAITING: _l("Being produced"),
    PackState.FAILED: _l("Not produced"),
    PackState.NEW: _l("New"),
    PackState.OPENED: _l("Opened"),
    PackState.DOWNLOADED: _l("Downloaded"),
    PackState.ACKNOWLEDGED: _l("Acknowledged"),
    PackState.DISPUTED: _l("Disputed"),
    PackState.ANSWERED: _l("Answered"),
    PackState.SUPERSEDED: _l("Superseded"),
}
# Tone and shape of each.
STATE_LOOKS = {
    PackState.WAITING: ("plain", "ring"),
    PackState.FAILED: ("danger", "cross"),
    PackState.NEW: ("attention", "full"),
    PackState.OPENED: ("info", "ring"),
    PackState.DOWNLOADED: ("info", "half"),
    PackState.ACKNOWLEDGED: ("ok", "tick"),
    PackState.DISPUTED: ("danger", "triangle"),
    PackState.ANSWERED: ("attention", "half"),
    PackState.SUPERSEDED: ("plain", "cross"),
}
DID_WORDS = {
    Did.PRODUCED: _l("Produced"),
    Did.FAILED: _l("Could not be produced"),
    Did.RETRIED: _l("Tried again"),
    Did.OPENED: _l("Opened"),
    Did.DOWNLOADED: _l("Downloaded"),
    Did.ACKNOWLEDGED: _l("Acknowledged"),
    Did.DISPUTED: _l("Disputed"),
    Did.ANSWERED: _l("Answered"),
    Did.SUPERSEDED: _l("Superseded by a new version"),
}
EVENT_WORDS = {
    Event.WINDOW_CLOSED: _l("Window closed"),
    Event.SETTLEMENT_CREATED: _l("Settlement created"),
    Event.SETTLED: _l("Settlement settled"),
}


def begun(words: str) -> str:
    """Words as a title, or a line, begins."""
    return words[:1].upper() + words[1:]


def happened(event: Happened) -> str:
    """What happened to which window or settlement, in the reader's language."""
    if event.kind is Event.WINDOW_CLOSED:
        return _("window %(id)s, closed", id=event.object)
    if event.kind is Event.SETTLEMENT_CREATED:
        return _("settlement %(id)s, created", id=event.object)
    return _("settlement %(id)s, settled", id=event.object)
