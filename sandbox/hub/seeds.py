"""What every hub starts with: its states, its types, its currencies, the participant Hub and one OPEN window."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from babel import Locale
from sqlalchemy import Connection, Table, insert

from sandbox.hub import tables
from sandbox.hub.enums import (
    CURRENCIES,
    ENDPOINTS,
    TRANSFER_STATES,
    Account,
    Delay,
    Entry,
    Granularity,
    Interchange,
    Role,
    Settlement,
    Window,
)

ACCOUNTS = {
    Account.POSITION: "Typical accounts from which a DFSP provisions transfers",
    Account.SETTLEMENT: "Reflects the individual DFSP Settlement Accounts as held at the Settlement Bank",
    Account.HUB_RECONCILIATION: "A single account for each currency with which the hub operates. The account is "
    '"held" by the Participant representing the hub in the switch',
}
ACCOUNTS[Account.HUB_MULTILATERAL_SETTLEMENT] = ACCOUNTS[Account.HUB_RECONCILIATION]
SETTLEABLE = {Account.POSITION, Account.INTERCHANGE_FEE}
ENTRY_ACCOUNT = {Entry.PRINCIPLE_VALUE: Account.POSITION, Entry.INTERCHANGE_FEE: Account.INTERCHANGE_FEE}


def sow(connection: Connection, now: datetime) -> None:
    """Fill an empty database with all that a hub has before its first participant."""
    for table, rows in _rows():
        connection.execute(insert(table), [{"createdDate": now, **row} for row in rows])


def _rows() -> Iterable[tuple[Table, list[dict[str, Any]]]]:
    names = Locale("en").currencies
    scales = [{"currencyId": code, "name": names.get(code), "scale": scale} for code, scale in CURRENCIES.items()]
    yield tables.currency, scales
    accounts = [
        {**row, "description": ACCOUNTS.get(row["ledgerAccountTypeId"])} for row in _named("ledgerAccountType", Account)
    ]
    yield (
        tables.ledger_account_type,
        [{**row, "isSettleable": row["ledgerAccountTypeId"] in SETTLEABLE} for row in accounts],
    )
    entries = _named("ledgerEntryType", Entry)
    yield tables.ledger_entry_type, [{**row, "ledgerAccountTypeId": _account_of(row)} for row in entries]
    yield tables.transfer_participant_role_type, _named("transferParticipantRoleType", Role)
    yield tables.settlement_granularity, _named("settlementGranularity", Granularity)
    yield tables.settlement_interchange, _named("settlementInterchange", Interchange)
    yield tables.settlement_delay, _named("settlementDelay", Delay)
    yield tables.participant_limit_type, [{"participantLimitTypeId": 1, "name": "NET_DEBIT_CAP"}]
    yield tables.endpoint_type, [{"endpointTypeId": n, "name": name} for n, name in enumerate(ENDPOINTS, 1)]
    yield tables.transfer_state, [{"transferStateId": s, "enumeration": told} for s, told in TRANSFER_STATES.items()]
    yield tables.settlement_state, [{"settlementStateId": s, "enumeration": s} for s in Settlement]
    yield tables.settlement_window_state, [{"settlementWindowStateId": s, "enumeration": s} for s in Window]
    yield tables.participant, [{"participantId": 1, "name": "Hub", "description": "Hub Operator", "createdBy": "seeds"}]
    first = {"settlementWindowId": 1, "reason": "initial window"}
    yield tables.settlement_window_state_change, [{**first, "settlementWindowStateId": Window.OPEN}]
    yield tables.settlement_window, [{**first, "currentStateChangeId": 1}]


def _named(
    table: str, members: Iterable[Account | Entry | Role | Granularity | Interchange | Delay]
) -> list[dict[str, Any]]:
    return [{f"{table}Id": int(member), "name": member.name} for member in members]


def _account_of(row: dict[str, Any]) -> int | None:
    account = ENTRY_ACCOUNT.get(row["ledgerEntryTypeId"])
    return None if account is None else int(account)
