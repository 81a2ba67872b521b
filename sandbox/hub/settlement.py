"""How a settlement is made and moves on: which windows it takes, which state an account may enter, when all advance."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from sandbox.hub import settled, settlement_transfers, windows
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Delay, Granularity, Settlement, Window
from sandbox.hub.refusals import internal, invalid

# What an account may become is decided by the state of the whole settlement, so that no account runs ahead.
NEXT = {
    Settlement.PENDING: Settlement.RECORDED,
    Settlement.RECORDED: Settlement.RESERVED,
    Settlement.RESERVED: Settlement.COMMITTED,
    Settlement.COMMITTED: Settlement.SETTLED,
    Settlement.SETTLING: Settlement.SETTLED,
}
ABORTABLE = (Settlement.PENDING, Settlement.RECORDED, Settlement.RESERVED, Settlement.ABORTED)
NEVER_CALLED = "updateSettlementById method did not return a value, a promise, or throw an error"


@dataclass(frozen=True)
class Wanted:
    """The state that somebody wants an account of a settlement in; `refused` says why it is refused on purpose."""

    participant: int
    account: int
    state: str
    reason: str
    reference: str | None = None
    refused: str | None = None


@dataclass
class Outcome:
    """What became of one wanted state. With an error, the account is as it was; `at` is when it was touched."""

    participant: int
    account: int
    state: str | None = None
    reason: str | None = None
    reference: str | None = None
    at: datetime | None = None
    net: Decimal | None = None
    currency: str = ""
    error: str | None = None


@dataclass
class Change:
    """What one request changed in a settlement. `fresh` says that its state is new, which its date's form shows."""

    state: str
    since: datetime
    fresh: bool = False
    moved: list[int] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def create(books: Books, model_name: str, reason: str, window_ids: list[int]) -> int:
    """Take the windows' contents that the model settles into a new settlement; its number. Raises Refused."""
    model = books.row(select(t.settlement_model).where(t.settlement_model.c.name == model_name))
    if model is None:
        raise invalid(f"Settlement model not found: {model_name}")
    if model.settlementGranularityId == Granularity.GROSS or model.settlementDelayId == Delay.IMMEDIATE:
        raise invalid("Settlement can not be created for GROSS or IMMEDIATE models")
    contents = _applicable(books, model, window_ids)
    if missing := [number for number in window_ids if number not in {row.settlementWindowId for row in contents}]:
        raise invalid(f"Inapplicable windows {', '.join(map(str, missing))}")
    number = books.add(t.settlement, reason=reason, settlementModelId=model.settlementModelId)
    for window_id in window_ids:
        books.add(t.settlement_settlement_window, settlementId=number, settlementWindowId=window_id)
    _bind(books, number, [row.settlementWindowContentId for row in contents], reason)
    for window_id in sorted(
        {row.settlementWindowId for row in contents if row.state in (Window.CLOSED, Window.ABORTED)}
    ):
        windows.enter(books, window_id, Window.PENDING, reason)
    enter(books, number, Settlement.PENDING, reason)
    return number


def enter(books: Books, number: int, state: Settlement, reason: str) -> None:
    """The settlement's next state."""
    change = books.add(t.settlement_state_change, settlementId=number, settlementStateId=state, reason=reason)
    books.run(update(t.settlement).where(t.settlement.c.settlementId == number).values(currentStateChangeId=change))


def change_accounts(books: Books, number: int, wanted: list[Wanted]) -> Change:
    """Move accounts on, each by itself; the settlement follows the last one. Refusals stand in the outcomes."""
    current = settlement_of(books, number)
    if current is None:
        raise invalid("Settlement not found")
    standing = {row.account: row for row in accounts_of(books, number)}
    change = Change(current.state, current.since)
    touched: dict[int, Outcome] = {}
    seen: set[int] = set()
    for wish in wanted:
        outcome = _judge(
            wish, standing.get(wish.account), touched.get(wish.account), (current.state, wish.account in seen)
        )
        change.outcomes.append(outcome)
        if outcome.error == "Participant and account mismatch":
            seen.add(wish.account)
        if outcome.error is None:
            seen.add(wish.account)
            outcome.at, touched[wish.account] = books.now, outcome
            _stand(books, standing[wish.account].key, wish.state, wish.reason, wish.reference)
            if standing[wish.account].state != wish.state:
                change.moved.append(wish.account)
    if current.autoPositionReset:
        moved = [row for row in standing.values() if row.account in change.moved]
        settlement_transfers.follow(
            books, Settlement(current.state), moved, limited=bool(current.requireLiquidityCheck)
        )
    if current.state in (Settlement.COMMITTED, Settlement.SETTLING) and change.moved:
        settled.close_settled(books, number, change.moved)
    states = [touched[row.account].state if row.account in touched else row.state for row in standing.values()]
    _advance(books, number, change, [state or "" for state in states])
    return change


def abort(books: Books, number: int, reason: str, reference: str | None, *, works: bool) -> None:
    """Abort a settlement. The released hub checks, then fails without a change: that is `works` False."""
    current = settlement_of(books, number)
    if current is None:
        raise invalid(f"Settlement with ID '{number}' not found")
    if current.state not in ABORTABLE:
        raise invalid(f"State change is not allowed for settlement '{number}' in state '{current.state}'")
    accounts = accounts_of(books, number)
    if any(row.state == Settlement.COMMITTED for row in accounts):
        raise invalid(
            f"At least one settlement transfer is committed for settlement '{number}'. Aborting is not allowed."
        )
    if not works:
        raise internal(NEVER_CALLED)
    if current.state != Settlement.ABORTED:
        # As observed with the missing call put in: contents stay PENDING_SETTLEMENT and reserved positions stay moved.
        for row in accounts:
            _stand(books, row.key, Settlement.ABORTED, reason, reference)
        ours = t.settlement_settlement_window.c
        for window in books.rows(select(ours.settlementWindowId).where(ours.settlementId == number)):
            windows.enter(books, window.settlementWindowId, Window.ABORTED, reason)
    enter(books, number, Settlement.ABORTED, reason)


def settlement_of(books: Books, number: int) -> Row[Any] | None:
    """A settlement with its state, since when, and how its model settles."""
    mine, change, model = t.settlement.c, t.settlement_state_change.c, t.settlement_model.c
    return books.row(
        select(
            *(mine.settlementId, mine.createdDate, change.settlementStateId.label("state"), change.reason),
            *(change.createdDate.label("since"), model.name, model.autoPositionReset, model.requireLiquidityCheck),
        )
        .join(t.settlement_state_change, change.settlementStateChangeId == mine.currentStateChangeId)
        .join(t.settlement_model, model.settlementModelId == mine.settlementModelId)
        .where(mine.settlementId == number)
    )


def accounts_of(books: Books, *numbers: int) -> list[Row[Any]]:
    """The accounts of settlements, with their net amounts and states."""
    own, change = t.settlement_participant_currency.c, t.settlement_participant_currency_state_change.c
    account = t.participant_currency.c
    return books.rows(
        select(
            *(
                own.settlementId,
                own.settlementParticipantCurrencyId.label("key"),
                account.participantId,
                account.currencyId,
            ),
            *(own.participantCurrencyId.label("account"), own.netAmount, own.settlementTransferId),
            *(change.settlementStateId.label("state"), change.reason),
        )
        .join(
            t.settlement_participant_currency_state_change,
            change.settlementParticipantCurrencyStateChangeId == own.currentStateChangeId,
        )
        .join(t.participant_currency, account.participantCurrencyId == own.participantCurrencyId)
        .where(own.settlementId.in_(numbers))
        .order_by(own.settlementParticipantCurrencyId)
    )


def _applicable(books: Books, model: Row[Any], window_ids: list[int]) -> list[Row[Any]]:
    """The contents of these windows that nobody settles yet, and that the model is for."""
    content, inner = t.settlement_window_content.c, t.settlement_window_content_state_change.c
    window, outer = t.settlement_window.c, t.settlement_window_state_change.c
    free, within = (Window.CLOSED, Window.ABORTED), (Window.CLOSED, Window.ABORTED, Window.PENDING)
    return books.rows(
        select(
            content.settlementWindowContentId, content.settlementWindowId, outer.settlementWindowStateId.label("state")
        )
        .join(
            t.settlement_window_content_state_change,
            inner.settlementWindowContentStateChangeId == content.currentStateChangeId,
        )
        .join(t.settlement_window, window.settlementWindowId == content.settlementWindowId)
        .join(t.settlement_window_state_change, outer.settlementWindowStateChangeId == window.currentStateChangeId)
        .where(window.settlementWindowId.in_(window_ids), content.SettlementModelId == model.settlementModelId)
        .where(inner.settlementWindowStateId.in_(free), outer.settlementWindowStateId.in_(within))
        .order_by(content.settlementWindowContentId)
    )


def _bind(books: Books, number: int, contents: list[int], reason: str) -> None:
    """Make the contents part of the settlement, and write down what each account owes or is owed over all of them."""
    content, sums = t.settlement_window_content, t.settlement_content_aggregation
    books.run(update(content).where(content.c.settlementWindowContentId.in_(contents)).values(settlementId=number))
    mine = sums.c.settlementWindowContentId.in_(contents)
    books.run(update(sums).where(mine).values(settlementId=number, currentStateId=Window.PENDING))
    windows.enter_content(books, contents, Window.PENDING, reason)
    net: dict[int, Decimal] = {}
    for row in books.rows(select(sums.c.participantCurrencyId, sums.c.amount).where(mine)):
        net[row.participantCurrencyId] = net.get(row.participantCurrencyId, Decimal(0)) + row.amount
    for account, amount in sorted(net.items()):
        key = books.add(
            t.settlement_participant_currency, settlementId=number, participantCurrencyId=account, netAmount=amount
        )
        _stand(books, key, Settlement.PENDING, reason)


def _stand(books: Books, key: int, state: str, reason: str, reference: str | None = None) -> None:
    """An account's next state in its settlement."""
    change = books.add(
        t.settlement_participant_currency_state_change,
        settlementParticipantCurrencyId=key,
        settlementStateId=state,
        reason=reason,
        externalReference=reference,
    )
    mine = t.settlement_participant_currency.c.settlementParticipantCurrencyId == key
    books.run(update(t.settlement_participant_currency).where(mine).values(currentStateChangeId=change))


def _judge(wish: Wanted, row: Row[Any] | None, touched: Outcome | None, context: tuple[str, bool]) -> Outcome:
    """Whether an account may enter the wanted state, given the settlement's state and what this request did before."""
    settlement_state, seen = context
    if row is None:
        return Outcome(wish.participant, wish.account, error="Account not found")
    if row.participantId != wish.participant:
        return Outcome(wish.participant, wish.account, error="Participant and account mismatch")
    outcome = Outcome(wish.participant, wish.account, row.state, row.reason, net=row.netAmount, currency=row.currencyId)
    if seen:
        outcome.error = "Account already processed once"
        if touched is not None:
            outcome.state, outcome.reason, outcome.at = touched.state, touched.reason, touched.at
    elif wish.refused:
        outcome.error = wish.refused
    elif wish.state not in (row.state, NEXT.get(Settlement(settlement_state))):
        outcome.error = "State change not allowed"
    else:
        outcome.state, outcome.reason, outcome.reference = wish.state, wish.reason, wish.reference
    return outcome


def _advance(books: Books, number: int, change: Change, states: list[str]) -> None:
    """Move the settlement on when no account is left in its state; some but not all SETTLED is SETTLING."""
    state = Settlement(change.state)
    left = Settlement.COMMITTED if state == Settlement.SETTLING else state
    if state not in NEXT:
        return
    if left not in states:
        following, reason = NEXT[state], f"All settlement accounts are {NEXT[state]}"
    elif state == Settlement.COMMITTED and Settlement.SETTLED in states:
        following, reason = Settlement.SETTLING, "Some settlement accounts are SETTLED"
    else:
        return
    enter(books, number, following, reason)
    change.state, change.since, change.fresh = following, books.now, True
