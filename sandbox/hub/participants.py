"""Who takes part: participants and their accounts, the hub's own accounts, caps, endpoints."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select, update

from sandbox.hub import ledger
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import ENDPOINTS, Account
from sandbox.hub.ledger import HUB
from sandbox.hub.refusals import Refused, internal, not_found

HUB_ACCOUNTS = ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT", "HUB_FEE")
NO_LIMIT_TYPE = "Cannot read properties of undefined (reading 'participantLimitTypeId')"
NO_ENDPOINT_TYPE = "Cannot read properties of undefined (reading 'endpointTypeId')"
BY = "unknown"


def named(books: Books, name: str) -> Row[Any]:
    """The participant of this name. Raises Refused."""
    found = books.row(select(t.participant).where(t.participant.c.name == name))
    if found is None:
        raise not_found("participant not found")
    return found


def listed(books: Books, *conditions: Any) -> list[Row[Any]]:
    """Participants by name, as the hub's database sorts names: capitals do not count."""
    return books.rows(select(t.participant).where(*conditions).order_by(func.lower(t.participant.c.name)))


def create(books: Books, name: str, currency: str | None, *, proxy: bool) -> None:
    """Add a participant, or a currency to one: its two accounts, inactive until they get a limit. Raises Refused."""
    for kind, words in (
        (Account.HUB_RECONCILIATION, "Hub reconciliation account"),
        (Account.HUB_MULTILATERAL_SETTLEMENT, "Hub multilateral net settlement account"),
    ):
        if currency is None or ledger.account(books, HUB, currency, kind) is None:
            raise Refused("3003", f"{words} for the specified currency does not exist")
    assert currency is not None
    found = books.row(select(t.participant).where(t.participant.c.name == name))
    if found is not None and ledger.account(books, found.participantId, currency, Account.POSITION) is not None:
        raise Refused("3000", "Participant currency has already been registered")
    if not _settles(books, currency):
        raise Refused("6000", "Unable to find a matching or default, Settlement Model")
    number = (
        books.add(t.participant, name=name, createdBy=BY, isProxy=int(proxy)) if found is None else found.participantId
    )
    for kind in (Account.POSITION, Account.SETTLEMENT):
        _open(books, number, currency, kind, active=False)


def create_hub_account(books: Books, name: str, kind: str, currency: str) -> int:
    """Open one of the hub's own accounts; its number. Raises Refused."""
    holder = books.row(select(t.participant).where(t.participant.c.name == name))
    if holder is None:
        raise Refused("3003", "Participant was not found.")
    if kind not in Account.__members__:
        raise Refused("3003", "Ledger account type was not found.")
    if ledger.account(books, holder.participantId, currency, Account[kind]) is not None and holder.participantId == HUB:
        raise Refused("3003", "Hub account has already been registered.")
    if holder.participantId != HUB:
        raise Refused("3003", "Endpoint is reserved for creation of Hub account types only.")
    if kind not in HUB_ACCOUNTS:
        raise Refused("3003", "The requested hub operator account type is not allowed.")
    number = _open(books, HUB, currency, Account[kind], active=True)
    _place(books, number, Decimal(0))
    return number


def start(books: Books, name: str, currency: str, cap: Decimal, position: Decimal) -> None:
    """Give a participant its first cap in a currency: that activates both accounts. Raises Refused."""
    holder = named(books, name)
    account = ledger.account(books, holder.participantId, currency, Account.POSITION)
    liquidity = ledger.account(books, holder.participantId, currency, Account.SETTLEMENT)
    if account is None or liquidity is None:
        raise not_found("participant not found")
    if account.participantPositionId is not None or ledger.cap(books, account.id) is not None:
        raise internal("Participant Limit or Initial Position already set")
    ledger.set_cap(books, account.id, cap, 10)
    _place(books, account.id, position)
    _place(books, liquidity.id, Decimal(0))
    numbers = t.participant_currency.c.participantCurrencyId.in_((account.id, liquidity.id))
    books.run(update(t.participant_currency).where(numbers).values(isActive=1))


def limits(books: Books, *conditions: Any) -> list[Row[Any]]:
    """The caps in force, with their participant and currency."""
    limit, account, holder = t.participant_limit.c, t.participant_currency.c, t.participant.c
    return books.rows(
        select(holder.name, account.currencyId, limit.value, limit.thresholdAlarmPercentage.label("alarm"))
        .join(t.participant_currency, account.participantCurrencyId == limit.participantCurrencyId)
        .join(t.participant, holder.participantId == account.participantId)
        .where(limit.isActive == 1, account.isActive == 1, *conditions)
        .order_by(limit.participantLimitId)
    )


def adjust_limit(books: Books, name: str, currency: str, kind: str, cap: tuple[Decimal, float]) -> None:
    """Put another cap and alarm in force; the hub takes any number, even a negative one. Raises Refused."""
    account = ledger.account(books, named(books, name).participantId, currency, Account.POSITION)
    if account is None:
        raise not_found("participant not found")
    if kind != "NET_DEBIT_CAP":
        raise internal(NO_LIMIT_TYPE, from_database=True)
    ledger.set_cap(books, account.id, *cap)


def set_active(books: Books, name: str, active: bool) -> None:
    """Let a participant take part, or not. Raises Refused."""
    number = named(books, name).participantId
    books.run(update(t.participant).where(t.participant.c.participantId == number).values(isActive=int(active)))


def set_account_active(books: Books, name: str, account_id: int, active: bool) -> None:
    """Let a position account be used, or not. Raises Refused."""
    found = books.row(ledger.accounts(t.participant_currency.c.participantCurrencyId == account_id))
    holder = named(books, name)
    if found is None:
        raise internal("Account not found")
    if found.participantId != holder.participantId:
        raise internal("Participant/account mismatch")
    if found.ledgerAccountTypeId != Account.POSITION:
        raise internal("Only position account update is permitted")
    mine = t.participant_currency.c.participantCurrencyId == account_id
    books.run(update(t.participant_currency).where(mine).values(isActive=int(active)))


def set_endpoint(books: Books, name: str, kind: str, value: str) -> None:
    """Say where a participant is told of something; one value for each kind. Raises Refused."""
    holder = named(books, name)
    if kind not in ENDPOINTS:
        raise internal(NO_ENDPOINT_TYPE, from_database=True)
    number, endpoint = ENDPOINTS.index(kind) + 1, t.participant_endpoint.c
    mine = (endpoint.participantId == holder.participantId, endpoint.endpointTypeId == number)
    if not books.run(update(t.participant_endpoint).where(*mine).values(value=value)):
        books.add(
            t.participant_endpoint, participantId=holder.participantId, endpointTypeId=number, value=value, createdBy=BY
        )


def endpoints(books: Books, name: str) -> dict[str, str]:
    """A participant's endpoints by kind. Raises Refused."""
    endpoint = t.participant_endpoint.c
    mine = select(endpoint.endpointTypeId, endpoint.value).where(
        endpoint.participantId == named(books, name).participantId
    )
    return {ENDPOINTS[row.endpointTypeId - 1]: row.value for row in books.rows(mine)}


def _settles(books: Books, currency: str) -> bool:
    """Whether a settlement model is for this currency, or for every one that has none of its own."""
    model = t.settlement_model.c
    fitting = (model.currencyId == currency) | model.currencyId.is_(None)
    return books.row(select(model.settlementModelId).where(fitting)) is not None


def _open(books: Books, participant: int, currency: str, kind: Account, *, active: bool) -> int:
    return books.add(
        t.participant_currency,
        participantId=participant,
        currencyId=currency,
        ledgerAccountTypeId=int(kind),
        isActive=int(active),
        createdBy=BY,
    )


def _place(books: Books, account: int, value: Decimal) -> None:
    books.add(
        t.participant_position,
        participantCurrencyId=account,
        value=value,
        reservedValue=Decimal(0),
        changedDate=books.now,
    )
