"""Which settlement models there are: how, when and in which currency positions are settled."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError

from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Delay, Granularity, Interchange
from sandbox.hub.refusals import Refused, internal, not_found

SUPPORTED = {
    ("IMMEDIATE", "GROSS", "BILATERAL"),
    ("DEFERRED", "GROSS", "BILATERAL"),
    ("DEFERRED", "NET", "BILATERAL"),
    ("DEFERRED", "NET", "MULTILATERAL"),
}
UNSUPPORTED = "Invalid settlement model definition - delay-granularity-interchange combination is not supported"


@dataclass(frozen=True)
class Model:
    """A settlement model as an operator defines it. Without a currency it is for all that have none of their own."""

    name: str
    granularity: str
    interchange: str
    delay: str
    currency: str | None
    liquidity_check: bool = True
    account: str = "POSITION"
    position_reset: bool = True
    settlement_account: str = "SETTLEMENT"


def create(books: Books, model: Model) -> None:
    """Add a model. Raises Refused."""
    if (model.delay, model.granularity, model.interchange) not in SUPPORTED:
        raise Refused("3000", UNSUPPORTED)
    if books.row(select(t.settlement_model).where(t.settlement_model.c.name == model.name)) is not None:
        raise Refused("3000", "Settlement Model already exists")
    try:
        books.add(
            t.settlement_model,
            name=model.name,
            settlementGranularityId=int(Granularity[model.granularity]),
            settlementInterchangeId=int(Interchange[model.interchange]),
            settlementDelayId=int(Delay[model.delay]),
            currencyId=model.currency,
            requireLiquidityCheck=int(model.liquidity_check),
            ledgerAccountTypeId=int(Account[model.account]),
            autoPositionReset=int(model.position_reset),
            settlementAccountTypeId=int(Account[model.settlement_account]),
        )
    except IntegrityError:
        entry = f"Duplicate entry '{model.currency}-{int(Account[model.account])}'"
        raise internal(
            f"{entry} for key 'settlementmodel_currencyid_ledgeraccounttypeid_unique'", from_database=True
        ) from None


def listed(books: Books, name: str | None = None) -> list[Row[Any]]:
    """All models, or the one of this name."""
    every = select(t.settlement_model).order_by(t.settlement_model.c.settlementModelId)
    return books.rows(every if name is None else every.where(t.settlement_model.c.name == name))


def named(books: Books, name: str) -> Row[Any]:
    """The model of this name. Raises Refused."""
    found = listed(books, name)
    if not found:
        raise not_found("The requested resource could not be found")
    return found[0]


def set_active(books: Books, name: str, active: bool) -> None:
    """Offer a model, or not. Raises Refused."""
    number = named(books, name).settlementModelId
    mine = t.settlement_model.c.settlementModelId == number
    books.run(update(t.settlement_model).where(mine).values(isActive=int(active)))
