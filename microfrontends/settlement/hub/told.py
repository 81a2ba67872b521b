"""How the hub tells moments, money and that nothing was found; how money is told to it; how long it may take."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.domain.ledger import UNIT, exact

AT_ONCE = 8  # questions of one kind
DIGITS = 15  # the ledger passes amounts through a double: more would come out as another amount
NOTHING = ("settlementWindow by filters", "No settlements found", "Settlements not found")
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Patience:
    """How long an answer is waited for, in seconds. A read is tried twice, a write never.

    A close and its reading back must both be over before the shell gives a page up, after twenty seconds; nobody waits
    in front of a page for the change of many accounts.
    """

    read: float = 3.0
    close: float = 8.0
    order: float = 10.0
    settle: float = 30.0


def moment(text: str) -> datetime:
    """A moment in either of the hub's spellings; the one without a zone is UTC too."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def utc(at: datetime) -> str:
    """A moment as the hub wants it in a query."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def money(told: Any) -> Decimal:
    """An amount, told as a number here and as a text there. Raises TypeError or ValueError."""
    if isinstance(told, bool) or not isinstance(told, int | Decimal | str):
        raise TypeError(f"not an amount: {told!r}")
    try:
        amount = Decimal(told)
    except InvalidOperation:
        raise ValueError(f"not an amount: {told!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not an amount: {told!r}")
    return exact(amount)


def digits(amount: Decimal) -> str:
    """An amount as the scheme writes it: 5000, 120.25. Raises ValueError for one that the hub would not keep."""
    if amount != amount.quantize(UNIT) or len(exact(amount).normalize().as_tuple().digits) > DIGITS:
        raise ValueError(f"the hub cannot keep {amount} to the last digit")
    return f"{amount.normalize():f}"


def number(amount: Decimal) -> int | float:
    """An amount as a JSON number, where the hub does not want it as a text."""
    return int(amount) if amount == amount.to_integral_value() else float(digits(amount))


def listed(ask: Callable[[], Any], what: str) -> list[Any]:
    """The entries of a list. That there are none is an error to the hub, told in words that it cuts at 128 characters,
    so that only their beginning is sure."""
    try:
        answer = ask()
    except HubRefused as refusal:
        if refusal.status == 400 and any(words in refusal.description for words in NOTHING):
            return []
        raise
    if not isinstance(answer, list):
        raise HubUnavailable(f"the hub answered something that is not a list of {what}")
    return answer


def understood(read: Callable[[], T], what: str, *, sent: bool = False) -> T:
    """What `read` makes of an answer; that the answer is of another shape is as bad as no answer."""
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise HubUnavailable(f"the hub answered something that is not {what}: {problem!r}", sent=sent) from problem


def together(ask: Callable[[S], T], each: Iterable[S]) -> list[T]:
    """The same question about several things, some at a time; the answers in their order."""
    asked = list(each)
    if len(asked) < 2:
        return [ask(one) for one in asked]
    with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
        # Each in a copy of this context, so that what is logged there can be found by the same request.
        return [answer.result() for answer in [pool.submit(copy_context().run, ask, one) for one in asked]]
