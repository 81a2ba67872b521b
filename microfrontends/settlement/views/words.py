"""How the states of a window are said to a person; in code, URL and API they stay as the hub spells them."""

from flask_babel import lazy_gettext as _l

from microfrontends.settlement.domain.windows import WindowState

STATE_WORDS = {
    WindowState.OPEN: _l("Open"),
    WindowState.PROCESSING: _l("Processing"),
    WindowState.CLOSED: _l("Closed"),
    WindowState.PENDING_SETTLEMENT: _l("Pending settlement"),
    WindowState.SETTLED: _l("Settled"),
    WindowState.ABORTED: _l("Aborted"),
    WindowState.FAILED: _l("Failed"),
}
