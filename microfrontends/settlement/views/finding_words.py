"""How a finding in the settlement bank's file is said: what it is, what is where, and what to do about it."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from bff.web.formats import amount
from microfrontends.settlement.domain.bank_findings import Finding, Kind, Told
from microfrontends.settlement.domain.finalisation import Hurdle, Obstacle

Texts = tuple[LazyString, LazyString, LazyString]


class Words(NamedTuple):
    """A finding for a reader, in the reader's language."""

    title: str
    sentence: str
    explanation: str


ASK = _l("Ask the settlement bank for a corrected report.")
SAME_IDS = _l("A row must say the identifiers that the settlement initiation report said. Leave column A as it is.")
AMOUNT_FORMS = _l("Write the amount without currency, blanks or exponent, with a point before the decimals.")
PLAIN = _l("Enter what the cell must say itself, as a text or a number.")
UNFOLD = _l("Show every row and column and take merged cells apart, then save the report again.")
SAVE_AGAIN = _l("Nothing was read. Save the report as an Excel workbook (.xlsx) or as CSV UTF-8 and choose it again.")
FILL_IN = _l("Nothing was read. Download the settlement initiation report, fill in column C and choose that file.")

RULES: dict[Kind, Texts] = {
    Kind.OTHER_SETTLEMENT: (
        _l("Report of another settlement"),
        _l("%(cell)s says settlement %(report)s, but settlement %(selected)s is to be finalised."),
        _l("Choose the report of this settlement, or finalise the settlement of this report."),
    ),
    Kind.SUM_NOT_ZERO: (
        _l("Transfers do not add up to zero"),
        _l("The %(currency)s transfers in column D add up to %(sum)s."),
        _l("What net senders pay is what net recipients are paid. Ask the settlement bank for a corrected report."),
    ),
    Kind.TRANSFER_NOT_NET: (
        _l("Transfer is not the net amount"),
        _l(
            "%(cell)s: the settlement bank moved %(transfer)s %(currency)s for account %(account)s, but in the "
            "settlement its net amount is %(net)s."
        ),
        _l("A settlement is finalised with the amounts that the hub netted, and with no others."),
    ),
    Kind.BALANCE_NOT_EXPECTED: (
        _l("Not the liquidity that was expected"),
        _l(
            "%(cell)s: the settlement bank holds %(balance)s %(currency)s for %(participant)s. Its liquidity account "
            "holds %(before)s and will hold %(expected)s: the difference is %(difference)s."
        ),
        _l(
            "Finalising moves the net amounts only. The difference becomes an adjustment with a reference of its own, "
            "once somebody has acknowledged it."
        ),
    ),
    Kind.BALANCE_NOT_POSITIVE: (
        _l("No money at the settlement bank"),
        _l("%(cell)s: the settlement bank holds nothing for %(participant)s in %(currency)s."),
        _l("Without liquidity a participant cannot send."),
    ),
    Kind.ACCOUNT_MISSING: (
        _l("Account without a row"),
        _l("Account %(account)s (%(participant)s, %(currency)s) is in the settlement, but not in the report."),
        ASK,
    ),
    Kind.ACCOUNT_EXTRA: (
        _l("Account of another settlement"),
        _l("%(cell)s: account %(account)s is not in this settlement."),
        ASK,
    ),
    Kind.IDENTIFIERS_DIFFER: (
        _l("Identifiers do not belong together"),
        _l("%(cell)s says %(said)s, but account %(account)s belongs to %(owner)s."),
        SAME_IDS,
    ),
    Kind.NOT_A_POSITION: (
        _l("Not a position account"),
        _l("%(cell)s: account %(account)s is of type %(type)s, not POSITION."),
        SAME_IDS,
    ),
    Kind.BALANCE_DIGITS: (
        _l("Too many decimals"),
        _l("%(cell)s: %(amount)s has more decimals than %(currency)s, which has %(digits)s."),
        ASK,
    ),
    Kind.TRANSFER_DIGITS: (
        _l("Too many decimals"),
        _l("%(cell)s: %(amount)s has more decimals than %(currency)s, which has %(digits)s."),
        ASK,
    ),
    Kind.ACCOUNT_UNKNOWN: (
        _l("Account does not exist"),
        _l("%(cell)s: the hub has no account %(account)s."),
        SAME_IDS,
    ),
    Kind.SETTLEMENT_OVER: (
        _l("Settlement is over"),
        _l("Settlement %(settlement)s is %(state)s already."),
        _l("Nothing can be finalised any more."),
    ),
    Kind.ACCOUNT_TWICE: (
        _l("Account stands twice"),
        _l("%(cell)s: account %(account)s already has row %(first)s."),
        ASK,
    ),
    Kind.OTHER_CURRENCY: (
        _l("Another currency"),
        _l("%(cell)s says %(said)s, but account %(account)s is in %(currency)s."),
        SAME_IDS,
    ),
}
CELLS: dict[Kind, Texts] = {
    Kind.NO_SETTLEMENT_ID: (
        _l("No settlement ID"),
        _l("%(cell)s must hold the settlement ID, a whole number. It holds [%(held)s]."),
        PLAIN,
    ),
    Kind.NO_IDENTIFIERS: (
        _l("No identifiers"),
        _l("%(cell)s must hold participant ID, account ID and name, as in 2 3 payerfsp. It holds [%(held)s]."),
        SAME_IDS,
    ),
    Kind.NO_BALANCE: (
        _l("No amount"),
        _l("%(cell)s must hold the new balance, as 1234.5, -1,234.56 or (1,234.56). It holds [%(held)s]."),
        AMOUNT_FORMS,
    ),
    Kind.NO_TRANSFER: (
        _l("No amount"),
        _l("%(cell)s must hold the transfer, as 1234.5, -1,234.56 or (1,234.56). It holds [%(held)s]."),
        AMOUNT_FORMS,
    ),
    Kind.NO_ROWS: (_l("No rows"), _l("%(cell)s is empty. The rows of the accounts begin there."), FILL_IN),
    Kind.ROW_AFTER_GAP: (
        _l("Row below a gap"),
        _l("%(cell)s names an account, but the rows end above it: %(gap)s is empty."),
        _l("Leave no empty cell in column A between the rows."),
    ),
    Kind.FORMULA: (_l("Formula"), _l("%(cell)s holds a formula, whose result may not be what the bank saw."), PLAIN),
    Kind.DATE: (_l("Date"), _l("%(cell)s holds a date or a time, not a text or a number."), PLAIN),
    Kind.ERROR_VALUE: (_l("Error"), _l("%(cell)s holds the error [%(held)s]."), PLAIN),
    Kind.IMPRECISE: (
        _l("Too many digits"),
        _l("%(cell)s holds a number of more than 15 digits: a spreadsheet does not keep it exactly."),
        _l("Enter it as a text."),
    ),
    Kind.TOO_LONG: (_l("Too long"), _l("%(cell)s holds more than %(limit)s characters."), PLAIN),
    Kind.MERGED: (_l("Merged cells"), _l("%(cell)s is merged with other cells, so rows cannot be told apart."), UNFOLD),
    Kind.HIDDEN: (_l("Hidden cells"), _l("%(cell)s is in a row or column that is hidden."), UNFOLD),
    Kind.TOO_MANY_ROWS: (_l("Too many rows"), _l("%(cell)s lies below row %(limit)s, the last that is read."), FILL_IN),
    Kind.ENCODING: (_l("Not UTF-8"), _l("%(cell)s: in this row the text is not UTF-8."), SAVE_AGAIN),
    Kind.SEPARATOR: (
        _l("No separator"),
        _l("%(cell)s cannot be found: in the first line, one comma, semicolon or tab must stand before it."),
        SAVE_AGAIN,
    ),
    Kind.QUOTES: (_l("Quotation marks"), _l("%(cell)s begins a row whose quotation marks do not match."), SAVE_AGAIN),
}
FILES: dict[Kind, Texts] = {
    Kind.EMPTY: (_l("Empty file"), _l("The file holds nothing in columns A to E."), FILL_IN),
    Kind.TOO_LARGE: (_l("Too large"), _l("The file is larger than %(limit)s MB."), FILL_IN),
    Kind.UNPACKS_TOO_LARGE: (_l("Too large"), _l("The file unpacks to more than %(limit)s MB."), FILL_IN),
    Kind.TOO_COMPLEX: (
        _l("Too large"),
        _l("The file holds more cells or texts than any report does."),
        FILL_IN,
    ),
    Kind.NOT_A_SPREADSHEET: (_l("Not a spreadsheet"), _l("The file is neither a workbook nor a CSV text."), SAVE_AGAIN),
    Kind.ENCRYPTED: (_l("Password"), _l("The file is protected by a password."), SAVE_AGAIN),
    Kind.OLD_BINARY: (_l("Binary workbook"), _l("The file is a binary workbook (.xls or .xlsb)."), SAVE_AGAIN),
    Kind.MACROS: (_l("Macros"), _l("The file holds macros or other programs."), SAVE_AGAIN),
    Kind.EXTERNAL_LINKS: (_l("Links to other files"), _l("The file takes values from other files."), SAVE_AGAIN),
    Kind.ENTITIES: (_l("Not a spreadsheet"), _l("The file declares a document type, as no spreadsheet does."), FILL_IN),
    Kind.DAMAGED: (
        _l("Damaged file"),
        _l("The file is damaged, or was not written by a spreadsheet."),
        FILL_IN,
    ),
    Kind.WRONG_SHEET: (_l("Another sheet"), _l("The sheet %(wanted)s must be the first, and visible."), FILL_IN),
}
IN_ARREARS = _l(
    "%(cell)s: with the settlement bank, %(participant)s is in arrears by %(arrears)s %(currency)s. Finalising sets "
    "its %(currency)s liquidity and net debit cap to zero and disables that position account: it can send no more."
)
NO_CELL_READ = _l("No cell was read.")
NO_CELL = _l("No single cell is to blame.")
HURDLES = {
    Hurdle.NO_LIQUIDITY_ACCOUNT: _l("%(participant)s has no liquidity account in %(currency)s."),
    Hurdle.LIQUIDITY_ACCOUNT_INACTIVE: _l("The %(currency)s liquidity account of %(participant)s is not active."),
    Hurdle.SHORT: _l("%(participant)s owes %(amount)s %(currency)s more than lies in its liquidity account."),
    Hurdle.SUM_NOT_ZERO: _l("The settlement's net amounts in %(currency)s add up to %(amount)s, not to zero."),
}


def words_of(finding: Finding) -> Words:
    """What a finding is, where and what it found, and what to do."""
    title, sentence, explanation = (RULES | CELLS | FILES)[finding.kind]
    if finding.facts.get("arrears"):
        sentence = IN_ARREARS
    currency = str(finding.facts.get("currency", ""))
    facts = {name: _said(told, currency) for name, told in finding.facts.items()}
    said = str(sentence) % {"cell": finding.cell, "account": finding.account, **facts}
    if finding.cell is None:
        said = f"{said} {NO_CELL_READ if finding.kind in FILES else NO_CELL}"
    return Words(str(title), said, str(explanation))


def obstacle_sentence(obstacle: Obstacle) -> str:
    """Why a plan cannot be carried out, and for whom."""
    return str(HURDLES[obstacle.hurdle]) % {
        "participant": obstacle.account.participant if obstacle.account else "",
        "currency": obstacle.currency,
        "amount": amount(obstacle.amount, obstacle.currency),
    }


def _said(told: Told, currency: str) -> str:
    return told if isinstance(told, str) else str(told) if isinstance(told, int) else amount(told, currency)
