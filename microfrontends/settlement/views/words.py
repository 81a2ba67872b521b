"""How states are said to a person; in code, URL and API they stay as the hub spells them."""

from flask_babel import lazy_gettext as _l

from bff.web.states import Look
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.run.states import StepKind, StepState

STATE_WORDS = {
    WindowState.OPEN: _l("Open"),
    WindowState.PROCESSING: _l("Processing"),
    WindowState.CLOSED: _l("Closed"),
    WindowState.PENDING_SETTLEMENT: _l("Pending settlement"),
    WindowState.SETTLED: _l("Settled"),
    WindowState.ABORTED: _l("Aborted"),
    WindowState.FAILED: _l("Failed"),
}
SETTLEMENT_WORDS = {
    SettlementState.PENDING_SETTLEMENT: _l("Pending settlement"),
    SettlementState.PS_TRANSFERS_RECORDED: _l("Transfers recorded"),
    SettlementState.PS_TRANSFERS_RESERVED: _l("Transfers reserved"),
    SettlementState.PS_TRANSFERS_COMMITTED: _l("Transfers committed"),
    SettlementState.SETTLING: _l("Settling"),
    SettlementState.SETTLED: _l("Settled"),
    SettlementState.ABORTED: _l("Aborted"),
}
STEP_WORDS = {
    StepKind.CREATE: _l("Create"),
    StepKind.RECORD: _l("Record"),
    StepKind.KEEP_CAPS: _l("Keep caps"),
    StepKind.RESERVE: _l("Reserve"),
    StepKind.COMPARE_CAPS: _l("Compare caps"),
    StepKind.DISABLE: _l("Disable"),
    StepKind.SET_CAP: _l("Set cap"),
    StepKind.RESERVE_FUNDS_OUT: _l("Reserve funds out"),
    StepKind.COMMIT_FUNDS_OUT: _l("Commit funds out"),
    StepKind.FUNDS_IN: _l("Funds in"),
    StepKind.COMMIT: _l("Commit"),
    StepKind.SETTLE: _l("Settle"),
}
STEP_LOOKS = {
    StepState.TODO: Look(_l("To do"), "plain", "ring"),
    StepState.SENT: Look(_l("Sent"), "info", "half"),
    StepState.WAITING: Look(_l("Waiting"), "info", "half"),
    StepState.DONE: Look(_l("Done"), "ok", "tick"),
    StepState.FAILED: Look(_l("Failed"), "danger", "triangle"),
    StepState.SKIPPED: Look(_l("Was so"), "plain", "tick"),
}
