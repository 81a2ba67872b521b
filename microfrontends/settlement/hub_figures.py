"""What the hub's API does not tell, or not at once, read from its database: what windows hold, all accounts, models."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from microfrontends.settlement.domain.ledger import LedgerAccount, exact
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.windows import Window, WindowState

PRINCIPLE_VALUE, PAYER, PAYEE = 1, 1, 2  # seeded ids: a ledger entry type, two roles
FULFILLED = ("COMMITTED", "SETTLED")  # older hubs move a transfer on to SETTLED
UNITS = 10_000  # decimal(18,4)
ANSWER_WITHIN_S = 5
AT_ONCE = 500  # transfers in one question
Question = sa.Select[*tuple[Any, ...]]


class FiguresUnavailable(Exception):
    """The hub's database does not answer; everything that the API tells is still known."""


transfer = sa.table("transfer", sa.column("transferId"), sa.column("currencyId"), sa.column("amount"))
fulfilment = sa.table(
    "transferFulfilment", sa.column("transferId"), sa.column("settlementWindowId"), sa.column("isValid")
)
entry = sa.table(
    "transferParticipant",
    *(sa.column("transferId"), sa.column("participantId"), sa.column("transferParticipantRoleTypeId")),
    *(sa.column("ledgerEntryTypeId"), sa.column("amount")),
)
participant = sa.table("participant", sa.column("participantId"), sa.column("name"))
account = sa.table(
    "participantCurrency",
    *(sa.column("participantCurrencyId"), sa.column("participantId"), sa.column("currencyId")),
    *(sa.column("ledgerAccountTypeId"), sa.column("isActive")),
)
kind = sa.table("ledgerAccountType", sa.column("ledgerAccountTypeId"), sa.column("name"))
standing = sa.table(
    "participantPosition", sa.column("participantCurrencyId"), sa.column("value"), sa.column("reservedValue")
)
settlement = sa.table("settlement", sa.column("settlementId"), sa.column("settlementModelId"))
model = sa.table("settlementModel", sa.column("settlementModelId"), sa.column("name"))
change = sa.table(
    "transferStateChange", sa.column("transferStateChangeId"), sa.column("transferId"), sa.column("transferStateId")
)
window = sa.table(
    "settlementWindow",
    *(sa.column("settlementWindowId"), sa.column("reason"), sa.column("createdDate", sa.DateTime)),
    sa.column("currentStateChangeId"),
)
step = sa.table(
    "settlementWindowStateChange",
    *(sa.column("settlementWindowStateChangeId"), sa.column("settlementWindowId")),
    *(sa.column("settlementWindowStateId"), sa.column("reason"), sa.column("createdDate", sa.DateTime)),
)


def engine_for_reading(url: str) -> sa.Engine:
    """An engine that changes nothing and waits for nobody longer than a person would."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": ANSWER_WITHIN_S})
        sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only = ON"))
        return engine
    if parsed.get_backend_name() in ("mysql", "mariadb"):
        patience = {"connect_timeout": str(ANSWER_WITHIN_S), "read_timeout": str(ANSWER_WITHIN_S)}
        parsed = parsed.update_query_dict({**patience, **dict(parsed.query)})
    return sa.create_engine(parsed, pool_pre_ping=True)


class HubFigures:
    """Questions to the hub's database, a statement each. They raise FiguresUnavailable."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for_reading(url)

    def positions(self, windows: Iterable[int]) -> dict[int, tuple[NetPosition, ...]]:
        """What each participant sent and received in each of the windows; a window without transfers is absent."""
        found: dict[int, list[NetPosition]] = {}
        for key, currency, name, transfers, sent, received in self._rows(_positions(list(windows))):
            position = NetPosition(currency, name, int(transfers), _money(sent), _money(received))
            found.setdefault(int(key), []).append(position)
        return {key: tuple(positions) for key, positions in found.items()}

    def currencies(self, windows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """The currencies of the transfers in each of the windows, by name; a window without transfers is absent."""
        found: dict[int, list[str]] = {}
        columns = (fulfilment.c.settlementWindowId, transfer.c.currencyId)
        for key, currency in self._rows(_counted(list(windows), *columns).distinct().order_by(*columns)):
            found.setdefault(int(key), []).append(currency)
        return {key: tuple(names) for key, names in found.items()}

    def closed_at(self, windows: Iterable[int]) -> dict[int, datetime]:
        """When the windows were closed, for those that are."""
        query = (
            sa.select(step.c.settlementWindowId, sa.func.min(step.c.createdDate, type_=sa.DateTime))
            .where(step.c.settlementWindowId.in_(list(windows)), step.c.settlementWindowStateId == WindowState.CLOSED)
            .group_by(step.c.settlementWindowId)
        )
        return {int(key): _moment(at) for key, at in self._rows(query)}

    def processing(self) -> tuple[Window, ...]:
        """The windows that the hub is adding up: its API cannot be asked for this state."""
        query = (
            sa.select(window.c.settlementWindowId, step.c.reason, window.c.createdDate, step.c.createdDate)
            .join_from(window, step, step.c.settlementWindowStateChangeId == window.c.currentStateChangeId)
            .where(step.c.settlementWindowStateId == WindowState.PROCESSING)
        )
        return tuple(
            Window(int(key), WindowState.PROCESSING, reason or "", _moment(opened), _moment(changed))
            for key, reason, opened, changed in self._rows(query)
        )

    def in_state(self, state: WindowState) -> int:
        """How many windows are in a state now, however old they are."""
        query = (
            sa.select(sa.func.count())
            .select_from(window)
            .join(step, step.c.settlementWindowStateChangeId == window.c.currentStateChangeId)
            .where(step.c.settlementWindowStateId == state)
        )
        return int(self._rows(query)[0][0])

    def ledger(self) -> tuple[LedgerAccount, ...]:
        """What stands on every account of everyone, the hub's own among them, as its API would tell it."""
        columns = (account.c.currencyId, account.c.isActive, standing.c.value, standing.c.reservedValue)
        query = (
            sa.select(participant.c.name, account.c.participantCurrencyId, kind.c.name, *columns)
            .join_from(account, participant, participant.c.participantId == account.c.participantId)
            .join(kind, kind.c.ledgerAccountTypeId == account.c.ledgerAccountTypeId)
            .join(standing, standing.c.participantCurrencyId == account.c.participantCurrencyId)
            .order_by(participant.c.name, account.c.participantCurrencyId)
        )
        return tuple(
            LedgerAccount(holder, int(key), of, currency, bool(active), _amount(value), _amount(reserved))
            for holder, key, of, currency, active, value, reserved in self._rows(query)
        )

    def models_of(self, settlements: Iterable[int]) -> dict[int, str]:
        """The models by which settlements were made, which the API tells only whoever makes them."""
        query = (
            sa.select(settlement.c.settlementId, model.c.name)
            .join_from(settlement, model, model.c.settlementModelId == settlement.c.settlementModelId)
            .where(settlement.c.settlementId.in_(list(settlements)))
        )
        return {int(key): name for key, name in self._rows(query)}

    def transfer_states(self, transfers: Sequence[str]) -> dict[str, str]:
        """The present states of transfers, funds among them, which the API never tells; the unknown are absent."""
        found: dict[str, str] = {}
        for first in range(0, len(transfers), AT_ONCE):
            asked = change.c.transferId.in_(transfers[first : first + AT_ONCE])
            latest = sa.select(sa.func.max(change.c.transferStateChangeId)).where(asked).group_by(change.c.transferId)
            now = change.c.transferStateChangeId.in_(latest)
            found |= dict(self._rows(sa.select(change.c.transferId, change.c.transferStateId).where(now)))
        return found

    def transfer_amounts(self, transfers: Sequence[str]) -> dict[str, Decimal]:
        """The amounts of transfers, funds among them; the unknown are absent."""
        found: dict[str, Decimal] = {}
        for first in range(0, len(transfers), AT_ONCE):
            asked = transfer.c.transferId.in_(transfers[first : first + AT_ONCE])
            rows = self._rows(sa.select(transfer.c.transferId, transfer.c.amount).where(asked))
            found |= {key: _amount(amount) for key, amount in rows}
        return found

    def _rows(self, query: Question) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as problem:
            raise FiguresUnavailable(type(problem).__name__) from problem


def _counted(windows: list[int], *columns: sa.ColumnElement[Any]) -> Question:
    """Columns of the transfers that count in the windows: fulfilled, valid, and in no later state that undoes them."""
    newer = change.alias("newer")
    superseded = sa.exists().where(
        newer.c.transferId == change.c.transferId, newer.c.transferStateChangeId > change.c.transferStateChangeId
    )
    return (
        sa.select(*columns)
        .select_from(fulfilment)
        .join(transfer, transfer.c.transferId == fulfilment.c.transferId)
        .join(change, change.c.transferId == fulfilment.c.transferId)
        .where(fulfilment.c.settlementWindowId.in_(windows), fulfilment.c.isValid == 1)
        .where(change.c.transferStateId.in_(FULFILLED), ~superseded)
    )


def _positions(windows: list[int]) -> Question:
    # Payees have no participantCurrencyId here, so a participant is found by its own id, a currency by its transfer.
    payer = entry.c.transferParticipantRoleTypeId == PAYER
    # Whole ten-thousandths add up exactly, also on SQLite, which keeps no decimals.
    units = sa.cast(sa.func.round(sa.func.abs(entry.c.amount) * UNITS), sa.BigInteger)
    sums = (
        sa.func.sum(sa.case((payer, 1), else_=0)),
        sa.func.sum(sa.case((payer, units), else_=0)),
        sa.func.sum(sa.case((payer, 0), else_=units)),
    )
    by = (fulfilment.c.settlementWindowId, transfer.c.currencyId, participant.c.name)
    return (
        _counted(windows, *by, *sums)
        .join(entry, entry.c.transferId == fulfilment.c.transferId)
        .join(participant, participant.c.participantId == entry.c.participantId)
        .where(entry.c.ledgerEntryTypeId == PRINCIPLE_VALUE, entry.c.transferParticipantRoleTypeId.in_((PAYER, PAYEE)))
        .group_by(*by)
    )


def _amount(told: Any) -> Decimal:
    # SQLite keeps money in a double; the four decimals that were meant are the nearest ones.
    return exact(Decimal(str(told)))


def _money(units: Any) -> Decimal:
    return Decimal(int(units)).scaleb(-4)


def _moment(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
