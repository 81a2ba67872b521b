"""The longer states of the hub as a reader says them: `ui.state` finds these words, and here is where they are kept."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

# By the hub's code; said as `bff.web.states.spoken` makes them of it.
WORDS: Mapping[str, object] = {
    "PENDING_SETTLEMENT": _l("Pending settlement"),
    "PS_TRANSFERS_RECORDED": _l("Transfers recorded"),
    "PS_TRANSFERS_RESERVED": _l("Transfers reserved"),
    "PS_TRANSFERS_COMMITTED": _l("Transfers committed"),
    "RECEIVED_PREPARE": _l("Received prepare"),
    "RECEIVED_FULFIL": _l("Received fulfil"),
    "RECEIVED_FULFIL_DEPENDENT": _l("Received fulfil dependent"),
    "RECEIVED_REJECT": _l("Received reject"),
    "RECEIVED_ERROR": _l("Received error"),
    "RESERVED_FORWARDED": _l("Reserved forwarded"),
    "RESERVED_TIMEOUT": _l("Reserved timeout"),
    "EXPIRED_PREPARED": _l("Expired prepared"),
    "EXPIRED_RESERVED": _l("Expired reserved"),
    "ABORTED_REJECTED": _l("Aborted rejected"),
    "ABORTED_ERROR": _l("Aborted error"),
}
