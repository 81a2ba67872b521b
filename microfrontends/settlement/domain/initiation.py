"""The settlement initiation report: what the settlement bank is asked to move, in the rows that it sends back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from microfrontends.settlement.domain.ledger import exact
from microfrontends.settlement.domain.settlements import Settlement


class Unbalanced(ValueError):
    """Net amounts that do not add up to zero: no bank can move them. `sums` says where, per currency."""

    def __init__(self, sums: Mapping[str, Decimal]) -> None:
        super().__init__(", ".join(f"{currency} {off}" for currency, off in sums.items()))
        self.sums = dict(sums)


@dataclass(frozen=True)
class ReportRow:
    """One account. `transfer` is what the participant owes, below zero what it is owed; `digits` its decimals."""

    identifiers: str
    bank_identifier: str
    transfer: Decimal
    currency: str
    digits: int


@dataclass(frozen=True)
class InitiationReport:
    """The report of a settlement, by currency and participant. The bank fills in the balances."""

    settlement_id: int
    rows: tuple[ReportRow, ...]


def initiation(
    settlement: Settlement, bank_identifiers: Mapping[str, str], scale: Callable[[str], int]
) -> InitiationReport:
    """The report. An identifier is found by `participant currency`, else by `participant`; without one it is empty.

    Raises Unbalanced where the net amounts of a currency do not add up to zero.
    """
    if settlement.imbalance:
        raise Unbalanced(settlement.imbalance)
    rows = []
    for account in sorted(settlement.accounts, key=lambda each: (each.currency, each.participant, each.account_id)):
        net, name = exact(account.net).normalize(), account.participant
        rows.append(
            ReportRow(
                identifiers=f"{account.participant_id} {account.account_id} {name}",
                bank_identifier=bank_identifiers.get(f"{name} {account.currency}", bank_identifiers.get(name, "")),
                transfer=net or Decimal(0),
                currency=account.currency,
                digits=max(scale(account.currency), -int(net.as_tuple().exponent)),
            )
        )
    return InitiationReport(settlement.id, tuple(rows))
