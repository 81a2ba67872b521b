"""What the settlement bank's file leads to: findings, and a plan only where no error is among them."""

from collections.abc import Collection
from dataclasses import dataclass

from microfrontends.settlement.domain.bank_file import BankFile, Sheet, parsed
from microfrontends.settlement.domain.bank_findings import Finding, Policy, Severity, Unreadable, blocking
from microfrontends.settlement.domain.bank_rules import Validation
from microfrontends.settlement.domain.finalisation import Options, Plan, plan_from_bank
from microfrontends.settlement.domain.ledger import Ledger
from microfrontends.settlement.domain.settlements import Settlement


@dataclass(frozen=True)
class Proposal:
    """The answer to a file. Without a plan, nothing can follow from it."""

    findings: tuple[Finding, ...]
    plan: Plan | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops it for good."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What must be acknowledged, one by one."""
        return tuple(each for each in self.findings if each.severity is Severity.WARNING)

    def confirmable(self, acknowledged: Collection[str]) -> bool:
        """Whether it may be carried out once these keys of findings were acknowledged."""
        return self.plan is not None and not self.plan.obstacles and not blocking(self.findings, acknowledged)


def unread(problem: Unreadable) -> Proposal:
    """The answer to a file that cannot be read."""
    return Proposal((problem.finding,))


def proposed(sheet: Sheet, settlement: Settlement, ledger: Ledger, policy: Policy, options: Options) -> Proposal:
    """Read the sheet, hold it against settlement and ledger, and plan what follows."""
    file, findings = parsed(sheet)
    if file is None:
        return Proposal(findings)
    findings = Validation(file, settlement, ledger, policy).findings()
    if any(each.severity is Severity.ERROR for each in findings):
        return Proposal(findings)
    return Proposal(findings, _plan(file, settlement, ledger, options))


def _plan(file: BankFile, settlement: Settlement, ledger: Ledger, options: Options) -> Plan:
    balances = {row.account_id: row.balance for row in file.rows}
    return plan_from_bank(settlement, ledger, options, balances)
