"""A settlement of three currencies between two participants, the ledger behind it, and the bank's right answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from bff.money import scale
from microfrontends.settlement.domain.bank_findings import Policy, Unreadable
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.domain.initiation import initiation
from microfrontends.settlement.domain.ledger import POSITION, SETTLEMENT, Cap, Ledger, LedgerAccount
from microfrontends.settlement.domain.proposal import Proposal, proposed, unread
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.files.bank_reading import read
from microfrontends.settlement.files.bank_report import workbook_of

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LIQUIDITY = Decimal(5000)
POLICY = Policy(scale)
EVERYTHING = Options(set_liquidity=True, raise_caps=True, lower_caps=True)
# The report lists them by currency and name: BHD in rows 7 and 8, JPY in 9 and 10, USD in 11 and 12, payeefsp first.
NETS = {
    11: (2, "payerfsp", "BHD", Decimal("1.234")),
    13: (3, "payeefsp", "BHD", Decimal("-1.234")),
    7: (2, "payerfsp", "JPY", Decimal(1000)),
    9: (3, "payeefsp", "JPY", Decimal(-1000)),
    3: (2, "payerfsp", "USD", Decimal("120.25")),
    5: (3, "payeefsp", "USD", Decimal("-120.25")),
}


def account(key: int, state: SettlementState = SettlementState.PS_TRANSFERS_RESERVED) -> SettlementAccount:
    """The settlement's account of this id."""
    number, name, currency, net = NETS[key]
    return SettlementAccount(number, name, key, currency, net, state)


def settlement(*accounts: SettlementAccount, state: SettlementState | None = None) -> Settlement:
    """Settlement 7, of these accounts or of all."""
    held = accounts or tuple(account(key) for key in NETS)
    return Settlement(7, None, state or SettlementState.PS_TRANSFERS_RESERVED, "end of day", NOW, NOW, (1,), held)


def accounts() -> list[LedgerAccount]:
    """A position account of each, and the liquidity account next to it; one more participant, whom nothing concerns."""
    known = {**NETS, 15: (4, "testfsp1", "USD", Decimal(0))}
    found = []
    for key, (_, name, currency, net) in known.items():
        found.append(LedgerAccount(name, key, POSITION, currency, True, net))
        found.append(LedgerAccount(name, key + 1, SETTLEMENT, currency, True, -LIQUIDITY))
    return found


def ledger(*, without: int | None = None, caps: Decimal | None = Decimal(1000)) -> Ledger:
    """The ledger, without one account where a test wants that."""
    kept = [each for each in accounts() if each.account_id != without]
    limits = [] if caps is None else [Cap(each.participant, each.currency, caps) for each in kept]
    return Ledger(kept, limits)


def balance(key: int) -> Decimal:
    """What the bank holds for the account when all went well."""
    return LIQUIDITY - NETS[key][3]


def answer(edit: Callable[[Workbook], object] | None = None) -> bytes:
    """The report as the bank sends it back: every balance filled in, then whatever else the test has somebody do."""
    book = load_workbook(BytesIO(workbook_of(initiation(settlement(), {}, scale), "UTC")))
    for row in range(7, 13):
        key = int(str(book.worksheets[0][f"A{row}"].value).split()[1])
        book.worksheets[0][f"C{row}"] = f"{balance(key):,}"
    if edit:
        edit(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def lines() -> list[list[str]]:
    """The same as the rows of a text."""
    sheet = load_workbook(BytesIO(answer())).worksheets[0]
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def propose(data: bytes, policy: Policy = POLICY, options: Options = EVERYTHING) -> Proposal:
    """What the file leads to."""
    try:
        return proposed(read(data), settlement(), ledger(), policy, options)
    except Unreadable as problem:
        return unread(problem)


def moved_on(held: Settlement, state: SettlementState) -> Settlement:
    """The settlement with all its accounts in another state."""
    return replace(held, state=state, accounts=tuple(replace(each, state=state) for each in held.accounts))
