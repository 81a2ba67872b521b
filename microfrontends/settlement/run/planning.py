"""Which steps a plan takes: the settlement's, then those of each account, net senders' funds out before funds in."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from microfrontends.settlement.domain.finalisation import Adjustment, transfer_id
from microfrontends.settlement.domain.finalisation import Step as Movement
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.run.records import Planned, Step
from microfrontends.settlement.run.states import StepKind


def planned_for(adjustment: Adjustment) -> Planned:
    """An adjustment as a run keeps it."""
    account = adjustment.account
    return Planned(
        participant_id=account.participant_id,
        participant=account.participant,
        account_id=account.account_id,
        currency=adjustment.currency,
        net=adjustment.net,
        settlement_account_id=adjustment.settlement_account_id,
        liquidity=adjustment.liquidity_before,
        expected=adjustment.liquidity_expected,
        funds=adjustment.funds,
        cap=adjustment.cap_after,
        disable=adjustment.disable,
        exact=adjustment.disable,
    )


def of_settlement(settlement: Settlement) -> tuple[Planned, ...]:
    """The accounts of a settlement of which nothing is planned but to move on, net senders first."""
    accounts = sorted(settlement.accounts, key=lambda each: (not each.owes, each.currency, each.participant))
    return tuple(
        Planned(each.participant_id, each.participant, each.account_id, each.currency, each.net) for each in accounts
    )


def initiation_steps(accounts: Iterable[Planned], first: int = 0) -> tuple[Step, ...]:
    """Record every account, keep the caps, reserve every account, compare the caps."""
    accounts = tuple(accounts)
    steps = [
        *_each(accounts, StepKind.RECORD),
        Step(position=0, kind=StepKind.KEEP_CAPS),
        *_each(accounts, StepKind.RESERVE),
        Step(position=0, kind=StepKind.COMPARE_CAPS),
    ]
    return _numbered(steps, first)


def finalisation_steps(settlement_id: int, accounts: Iterable[Planned]) -> tuple[Step, ...]:
    """All of that, then account by account what it needs to be committed, and in the end all are settled."""
    accounts = tuple(accounts)
    steps = list(initiation_steps(accounts))
    for account in accounts:
        steps += _account_steps(settlement_id, account)
    return _numbered([*steps, *_each(accounts, StepKind.SETTLE)])


def correction_steps(settlement_id: int, account: Planned, finalisation: str) -> tuple[Step, ...]:
    """Only the funds of one account, and its cap."""
    return _numbered([*_funds(settlement_id, account, finalisation), *_cap(account)])


def movement_name(account: Planned, finalisation: str = "") -> str:
    """What tells the movement from every other one of the account: of differences, each file has one."""
    if finalisation:
        return f"{Movement.DIFFERENCE_OUT if account.funds < 0 else Movement.DIFFERENCE_IN}/{finalisation}"
    return Movement.FUNDS_OUT if account.funds < 0 else Movement.FUNDS_IN


def _account_steps(settlement_id: int, account: Planned) -> list[Step]:
    disabling = [_step(account, StepKind.DISABLE)] if account.disable else []
    funds = _funds(settlement_id, account)
    return [*disabling, *_cap(account), *funds, _step(account, StepKind.COMMIT)]


def _cap(account: Planned) -> list[Step]:
    return [] if account.cap is None else [_step(account, StepKind.SET_CAP, expected=account.cap)]


def _funds(settlement_id: int, account: Planned, finalisation: str = "") -> list[Step]:
    if account.funds == 0:
        return []
    # Derived once and kept before anything is sent: every later attempt is the same transfer to the hub.
    transfer = transfer_id(settlement_id, account.account_id, movement_name(account, finalisation))
    kinds = (StepKind.RESERVE_FUNDS_OUT, StepKind.COMMIT_FUNDS_OUT) if account.funds < 0 else (StepKind.FUNDS_IN,)
    return [_step(account, kind, amount=abs(account.funds), transfer_id=transfer) for kind in kinds]


def _each(accounts: Iterable[Planned], kind: StepKind) -> list[Step]:
    return [_step(account, kind) for account in accounts]


def _step(account: Planned, kind: StepKind, **more: Decimal | str) -> Step:
    return Step(
        position=0,
        kind=kind,
        account_id=account.account_id,
        participant=account.participant,
        currency=account.currency,
        **more,  # type: ignore[arg-type]
    )


def _numbered(steps: Iterable[Step], first: int = 0) -> tuple[Step, ...]:
    return tuple(replace(step, position=first + number) for number, step in enumerate(steps))
