"""Moves the funds of one account: each movement once, under its own id, believed only when it shows to the last digit.

The hub answers 202 and does it later, or never, and says nothing of either. So the balance is read before, what must
become of it is kept before the call, and then both are asked until they agree: the balance, and the hub's database
about the transfer. Where the database is away the balance alone decides; where neither can tell, a person has to.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from flask_babel import lazy_gettext as _l

from bff.errors import HubRefused
from microfrontends.settlement.domain.ledger import exact, same
from microfrontends.settlement.hub import FundsOrder
from microfrontends.settlement.hub.told import digits
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.run.records import Planned, Step
from microfrontends.settlement.run.states import StepKind
from microfrontends.settlement.run.work import Work

HUB, HUB_RECONCILIATION = "Hub", "HUB_RECONCILIATION"
RESERVED, COMMITTED = "RESERVED", "COMMITTED"
LOST = ("ABORTED", "EXPIRED", "FAILED", "INVALID")  # what the state of a transfer that came to nothing begins with


class Fate(Enum):
    """What reading says of a movement."""

    SHOWN = auto()
    NOT_SHOWN = auto()
    LOST = auto()
    UNCLEAR = auto()


@dataclass
class Movement:
    """One movement: how it is sent, and what shows it."""

    work: Work
    planned: Planned
    step: Step
    fate: Fate = Fate.NOT_SHOWN
    applied: bool = False  # as the hub's database has it
    found: Decimal | None = None

    @property
    def amount(self) -> Decimal:
        """Above zero."""
        assert self.step.amount is not None
        return self.step.amount

    @property
    def delta(self) -> Decimal:
        """What it does to the balance that shows it: funds out leave the account, and then the hub."""
        return self.amount if self.step.kind is StepKind.FUNDS_IN else -self.amount

    def send(self) -> None:
        """The call: the same at every attempt, word for word, or the hub would not take it for the same."""
        hub, order = self.work.hub, self._order()
        if self.step.kind is StepKind.FUNDS_IN:
            hub.funds_in(order)
        elif self.step.kind is StepKind.RESERVE_FUNDS_OUT:
            hub.funds_out_reserve(order)
        else:
            hub.funds_out_commit(order.participant, order.account_id, order.transfer_id, order.reason)

    def balance(self) -> Decimal:
        """The balance that shows it: the liquidity account's; for a commit, the hub's own."""
        if self.step.kind is StepKind.COMMIT_FUNDS_OUT:
            return exact(self._hub_holds())
        accounts = self.work.hub.accounts(self.planned.participant)
        mine = (each for each in accounts if each.account_id == self.planned.settlement_account_id)
        return exact(next(mine).liquidity)

    def waits(self) -> None:
        """Show that it is waited for."""
        self.step = self.work.journal.waits(self.step)

    def ended(self) -> bool:
        """Look; whether there is nothing more to wait for."""
        self.found = self.balance()
        self.fate = self._fate(self.found)
        return self.fate in (Fate.SHOWN, Fate.LOST)

    def another(self) -> Any:
        """Why the transfer of this id is not this one: an earlier run, since given up, moved another amount by it."""
        known = self.work.amounts.get(self.step.transfer_id or "")
        if known is None or same(known, self.amount):
            return None
        told = {"known": f"{known:f}", "amount": f"{self.amount:f}", "currency": self.planned.currency}
        return _l(
            "The hub has moved %(known)s %(currency)s for this already, and not %(amount)s: nothing is sent.", **told
        )

    def forbidden(self, balance: Decimal) -> Any:
        """Why it must not be sent at this balance, if so. The hub would take it, and reject it without a word."""
        names = {"have": f"{balance:f}", "currency": self.planned.currency}
        try:
            digits(self.amount)
        except ValueError:
            told = {"amount": f"{self.amount:f}", "currency": self.planned.currency}
            return _l("The hub cannot keep %(amount)s %(currency)s to the last digit.", **told)
        if self.step.kind is StepKind.RESERVE_FUNDS_OUT and balance < self.amount:
            wanted = f"{self.amount:f}"
            return _l(
                "The liquidity account holds %(have)s %(currency)s, and %(wanted)s have to go out.",
                wanted=wanted,
                **names,
            )
        moved = self.planned.liquidity is not None and not same(balance, self.planned.liquidity)
        if self.planned.exact and self.step.kind is not StepKind.COMMIT_FUNDS_OUT and moved:
            return _l(
                "The liquidity account holds %(have)s %(currency)s now, which is not what was planned on.", **names
            )
        return None

    def _hub_holds(self) -> Decimal:
        mine = (HUB_RECONCILIATION, self.planned.currency)
        return next(each.value for each in self.work.hub.accounts(HUB) if (each.kind, each.currency) == mine)

    def _order(self) -> FundsOrder:
        plan, planned = self.work.journal.run.plan, self.planned
        return FundsOrder(
            participant=planned.participant,
            account_id=planned.settlement_account_id,
            amount=self.amount,
            currency=planned.currency,
            transfer_id=self.step.transfer_id or "",
            reference=plan["reference"],
            reason=plan["reason"],
        )

    def _fate(self, balance: Decimal) -> Fate:
        before, expected = self.step.before, self.step.expected
        shown = expected is not None and same(balance, expected)
        moved = before is not None and not same(balance, before)
        # Asked after the balance was read: what it does not know yet cannot be in that balance either.
        state = told(self.work, self.step)
        if state is None:
            return Fate.SHOWN if shown else Fate.UNCLEAR if moved else Fate.NOT_SHOWN
        if state.startswith(LOST):
            return Fate.LOST
        self.applied = state == COMMITTED or (state == RESERVED and self.step.kind is StepKind.RESERVE_FUNDS_OUT)
        # Another balance than was expected: somebody else has moved it too. The same as before: the API lags behind.
        return Fate.SHOWN if self.applied and (shown or moved or before is None) else Fate.NOT_SHOWN


def told(work: Work, step: Step) -> str | None:
    """The transfer's state as the hub's database has it, "" where it knows none; None where it does not answer."""
    key = step.transfer_id or ""
    if work.database_away():
        return None
    try:
        return work.hub.transfer_states([key]).get(key, "")
    except FiguresUnavailable:
        work.database_failed()
        return None


def carry(work: Work, planned: Planned, step: Step) -> bool:
    """Bring a movement about, or keep what is in its way; whether it shows. What was sent is looked for first."""
    movement = Movement(work, planned, step)
    if sentence := movement.another():
        work.journal.fails(step, sentence)
        return False
    for _ in range(work.patience.tries):
        if movement.step.sent_at and movement.ended():
            return _end(movement)
        balance = movement.found if movement.step.sent_at and movement.found is not None else movement.balance()
        if movement.fate is Fate.UNCLEAR:
            work.journal.waits(movement.step, _unclear(movement))
            return False
        if sentence := movement.forbidden(balance):
            work.journal.fails(movement.step, sentence)
            return False
        (movement.step,) = work.journal.sends([movement.step], before=balance, expected=balance + movement.delta)
        answer = work.sent(movement.send)
        if isinstance(answer, HubRefused) and answer.status < 500:
            work.journal.refused(movement.step, answer)
            return False
        seconds = work.patience.in_doubt if answer else work.patience.taken
        if work.wait_for(movement.ended, seconds, movement.waits) or movement.applied:
            return _end(movement)
        if answer is None:
            break
    _not_shown(movement, answer)
    return False


def _end(movement: Movement) -> bool:
    """Keep that it shows, or that it came to nothing; whether it shows."""
    if movement.fate is not Fate.LOST:
        movement.work.journal.done([movement.step], found=movement.found)
        return True
    movement.work.journal.fails(movement.step, _l("The hub took it, and then rejected it without a word."))
    return False


def _not_shown(movement: Movement, answer: Exception | None) -> None:
    work = movement.work
    if isinstance(answer, HubRefused):
        work.journal.refused(movement.step, answer)
    else:
        seconds = f"{work.patience.taken if answer is None else work.patience.in_doubt:g}"
        work.journal.waits(movement.step, _l("The hub has not shown it within %(seconds)s seconds.", seconds=seconds))


def _unclear(movement: Movement) -> Any:
    step = movement.step
    facts = {"found": movement.found, "before": step.before, "expected": step.expected}
    shown = {name: f"{value:f}" for name, value in facts.items() if value is not None}
    return _l(
        "The balance is %(found)s. It was %(before)s and should become %(expected)s, so somebody else has moved it, "
        "and the hub's database does not say what became of this transfer.",
        **shown,
    )


def look_only(work: Work, planned: Planned, step: Step) -> None:
    """Look for what was sent, where nothing may be sent any more because somebody else has committed the account."""
    movement = Movement(work, planned, step)
    if (movement.ended() and movement.fate is Fate.SHOWN) or movement.applied:
        work.journal.done([step], found=movement.found)
    else:
        sentence = _l(
            "Somebody else has committed this account. What was sent for it does not show, and is not sent again."
        )
        work.journal.passes_over(step, sentence)
