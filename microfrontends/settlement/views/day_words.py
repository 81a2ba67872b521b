"""What the steps of settlement day are called, and what is done in each."""

from flask_babel import lazy_gettext as _l

from microfrontends.settlement.domain.settlement_day import DayStep

TITLES = {
    DayStep.INITIATE: _l("Close the windows and settle them"),
    DayStep.FETCH_DFSP_REPORTS: _l("Fetch the settlement report of each participant"),
    DayStep.SEND_DFSP_REPORTS: _l("Send each participant its report"),
    DayStep.DFSPS_RECONCILE: _l("Participants reconcile"),
    DayStep.FETCH_BANK_REPORT: _l("Fetch the settlement initiation report"),
    DayStep.NOTIFY_BANK: _l("Send the settlement bank its instructions"),
    DayStep.BANK_MOVES: _l("The settlement bank moves the money"),
    DayStep.BANK_CONFIRMS: _l("The settlement bank confirms and tells each balance"),
    DayStep.FINALISE: _l("Finalise"),
    DayStep.COMPARE: _l("Compare the balances and book differences"),
    DayStep.FETCH_RESULT_REPORTS: _l("Fetch the result report of each participant"),
    DayStep.SEND_RESULT_REPORTS: _l("Send each participant its result"),
}
ABOUT = {
    DayStep.INITIATE: _l("The hub nets the windows, records and reserves the settlement."),
    DayStep.FETCH_DFSP_REPORTS: _l("One report for each participant that takes part, from Reports."),
    DayStep.SEND_DFSP_REPORTS: _l("To the contacts that each participant has named."),
    DayStep.DFSPS_RECONCILE: _l("Each compares the report with its own books and says so."),
    DayStep.FETCH_BANK_REPORT: _l("Downloading it here is kept: nobody has to note it."),
    DayStep.NOTIFY_BANK: _l("The initiation report is the payment instruction."),
    DayStep.BANK_MOVES: _l("The portal does not see this: somebody notes it."),
    DayStep.BANK_CONFIRMS: _l("The bank fills in the report and sends it back. Validating that file here is kept."),
    DayStep.FINALISE: _l("Funds out of net senders, funds into net recipients, accounts committed and settled."),
    DayStep.COMPARE: _l("What the bank holds otherwise is booked as a difference of its own."),
    DayStep.FETCH_RESULT_REPORTS: _l("Balance and movements of each participant, from Reports."),
    DayStep.SEND_RESULT_REPORTS: _l("To the contacts that each participant has named."),
}
