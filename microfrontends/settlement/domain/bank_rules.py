"""The validations of the settlement bank's file against the settlement and the ledger, as the field documents them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from microfrontends.settlement.domain.bank_file import BankFile, BankRow
from microfrontends.settlement.domain.bank_findings import Finding, Kind, Policy, Told
from microfrontends.settlement.domain.finalisation import to_move
from microfrontends.settlement.domain.ledger import POSITION, Ledger, LedgerAccount, exact, same
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount

COLUMN = {
    Kind.ACCOUNT_UNKNOWN: "A",
    Kind.ACCOUNT_EXTRA: "A",
    Kind.ACCOUNT_TWICE: "A",
    Kind.IDENTIFIERS_DIFFER: "A",
    Kind.NOT_A_POSITION: "A",
    Kind.OTHER_CURRENCY: "E",
    Kind.BALANCE_DIGITS: "C",
    Kind.BALANCE_NOT_EXPECTED: "C",
    Kind.BALANCE_NOT_POSITIVE: "C",
    Kind.TRANSFER_DIGITS: "D",
    Kind.TRANSFER_NOT_NET: "D",
}


@dataclass(frozen=True)
class Known:
    """A row whose account the ledger has."""

    row: BankRow
    account: LedgerAccount
    settled: SettlementAccount | None


class Validation:
    """One file against one settlement. Unknown accounts come first: no other rule can speak of such a row."""

    def __init__(self, file: BankFile, settlement: Settlement, ledger: Ledger, policy: Policy) -> None:
        self.file, self.settlement, self.ledger, self.policy = file, settlement, ledger, policy
        self.settled = {each.account_id: each for each in settlement.accounts}
        self.first = {row.account_id: row.row for row in reversed(file.rows)}
        self.known = [
            Known(row, account, self.settled.get(row.account_id))
            for row in file.rows
            if (account := ledger.account(row.account_id))
        ]

    def findings(self) -> tuple[Finding, ...]:
        """All that was found: what concerns rows by their order, what concerns the whole file first."""
        found = [*self._unknown(), *self._whole(), *self._sums(), *self._missing()]
        for known in self.known:
            found += self._identity(known)
            found += self._amounts(known)
        return tuple(sorted(found, key=lambda each: (each.row or 0, each.kind)))

    def _unknown(self) -> Iterator[Finding]:
        for row in self.file.rows:
            if self.ledger.account(row.account_id) is None:
                yield self._at(Kind.ACCOUNT_UNKNOWN, row)

    def _whole(self) -> Iterator[Finding]:
        if self.settlement.state.over:
            yield self._of_all(Kind.SETTLEMENT_OVER, settlement=self.settlement.id, state=self.settlement.state.value)
        if self.file.settlement_id != self.settlement.id:
            yield self._of_all(Kind.OTHER_SETTLEMENT, "B1", report=self.file.settlement_id, selected=self.settlement.id)

    def _sums(self) -> Iterator[Finding]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for known in self.known:
            sums[known.account.currency] += known.row.transfer
        for currency, off in sorted(sums.items()):
            if off:
                yield self._of_all(Kind.SUM_NOT_ZERO, currency=currency, sum=off)

    def _missing(self) -> Iterator[Finding]:
        for account in self.settlement.accounts:
            if account.account_id not in self.first:
                yield Finding(
                    Kind.ACCOUNT_MISSING,
                    self.policy.severity(Kind.ACCOUNT_MISSING),
                    account=account.account_id,
                    facts={"participant": account.participant, "currency": account.currency},
                )

    def _identity(self, known: Known) -> Iterator[Finding]:
        row, account, settled = known.row, known.account, known.settled
        if (first := self.first[row.account_id]) != row.row:
            yield self._at(Kind.ACCOUNT_TWICE, row, first=first)
        if settled is None:
            yield self._at(Kind.ACCOUNT_EXTRA, row)
        strange = settled is not None and settled.participant_id != row.participant_id
        if strange or account.participant != row.participant:
            owner = f"{settled.participant_id} {account.participant}" if settled else account.participant
            yield self._at(Kind.IDENTIFIERS_DIFFER, row, owner=owner, said=f"{row.participant_id} {row.participant}")
        if account.kind != POSITION:
            yield self._at(Kind.NOT_A_POSITION, row, type=account.kind)
        if row.currency not in (None, account.currency):
            yield self._at(Kind.OTHER_CURRENCY, row, said=row.currency or "", currency=account.currency)

    def _amounts(self, known: Known) -> Iterator[Finding]:
        row, currency = known.row, known.account.currency
        for kind, amount in ((Kind.BALANCE_DIGITS, row.balance), (Kind.TRANSFER_DIGITS, row.transfer)):
            if _digits(amount) > self.policy.scale(currency):
                yield self._at(kind, row, amount=amount, currency=currency, digits=self.policy.scale(currency))
        if known.settled is None:
            return
        if not same(row.transfer, known.settled.net):
            net = exact(known.settled.net)
            yield self._at(Kind.TRANSFER_NOT_NET, row, transfer=row.transfer, net=net, currency=currency)
        yield from self._balance(row, known.settled)

    def _balance(self, row: BankRow, settled: SettlementAccount) -> Iterator[Finding]:
        facts: dict[str, Told] = {"participant": settled.participant, "currency": settled.currency}
        if row.balance <= 0:
            yield self._at(Kind.BALANCE_NOT_POSITIVE, row, **facts, arrears=-row.balance or Decimal(0))
        liquidity = self.ledger.liquidity(settled.participant, settled.currency)
        # Who is in arrears is set to nothing, whatever was expected; a balance of nothing is a balance like any other.
        if liquidity is None or row.balance < 0:
            return
        before = exact(liquidity.liquidity)
        expected = before - to_move(settled)
        if not same(row.balance, expected):
            facts |= {"balance": row.balance, "before": before, "transfer": row.transfer, "expected": expected}
            yield self._at(Kind.BALANCE_NOT_EXPECTED, row, **facts, difference=exact(row.balance) - expected)

    def _at(self, kind: Kind, row: BankRow, **facts: Told) -> Finding:
        cell, severity = f"{COLUMN[kind]}{row.row}", self.policy.severity(kind)
        return Finding(kind, severity, row.row, cell, row.account_id, facts)

    def _of_all(self, kind: Kind, cell: str | None = None, **facts: Told) -> Finding:
        return Finding(kind, self.policy.severity(kind), row=1 if cell else None, cell=cell, facts=facts)


def _digits(amount: Decimal) -> int:
    return max(0, -int(amount.normalize().as_tuple().exponent))
