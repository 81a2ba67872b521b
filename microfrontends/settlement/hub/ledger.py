"""Participants, accounts, caps and funds at the hub's ledger API: it takes orders and says nothing of their end."""

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bff import HubClient
from bff.run import present_run
from microfrontends.settlement.domain.ledger import Cap, LedgerAccount
from microfrontends.settlement.domain.settlements import SettlementModel
from microfrontends.settlement.hub.protocol import AccountRef, FundsOrder, ParticipantRef
from microfrontends.settlement.hub.told import Patience, digits, listed, money, number, together, understood
from microfrontends.settlement.hub_figures import FiguresUnavailable, HubFigures

NET_DEBIT_CAP = "NET_DEBIT_CAP"
LONGEST_VALUE = 128  # of an extension


class HubLedger:
    """The ledger. Who wants a change goes into the extensions of each order, where reports look for it."""

    def __init__(self, ledger_url: str, figures: HubFigures, patience: Patience) -> None:
        self._reading = HubClient(ledger_url, deadline_s=patience.read, read_tries=2)
        self._writing = HubClient(ledger_url, deadline_s=patience.order)
        self._figures = figures
        self._names: dict[int, str] = {}
        self._one_cap_at_a_time = threading.Lock()

    def participants(self) -> tuple[ParticipantRef, ...]:
        """Everyone, with accounts."""
        told = listed(lambda: self._reading.get("/participants"), "participants")
        return understood(lambda: tuple(_participant(each) for each in told), "a list of participants")

    def names(self, accounts: set[int]) -> Mapping[int, str]:
        """Whose the accounts are. An account never changes hands, so that only new ones have to be asked for."""
        if not accounts <= self._names.keys():
            self._names = {each.id: one.name for one in self.participants() for each in one.accounts}
        return self._names

    def accounts(self, participant: str) -> tuple[LedgerAccount, ...]:
        """A participant's accounts."""
        told = listed(lambda: self._reading.get(f"{_path(participant)}/accounts"), "accounts")
        return understood(lambda: tuple(_account(participant, each) for each in told), "a list of accounts")

    def ledger(self) -> tuple[LedgerAccount, ...]:
        """Everyone's accounts."""
        try:
            return self._figures.ledger()
        except FiguresUnavailable:
            held = together(self.accounts, [each.name for each in self.participants()])
            return tuple(account for accounts in held for account in accounts)

    def caps(self) -> tuple[Cap, ...]:
        """The caps in force."""
        told = listed(lambda: self._reading.get("/participants/limits"), "limits")
        return understood(lambda: tuple(_cap(each) for each in told if _is_cap(each)), "a list of limits")

    def set_cap(self, cap: Cap) -> None:
        """Change a cap. The hub would take a negative one, and forgets an alarm that is not said again; two at a time
        end in a deadlock there."""
        if cap.value < 0 or cap.alarm < 0:
            raise ValueError(f"a net debit cap and its alarm are not below zero: {cap}")
        limit = {"type": NET_DEBIT_CAP, "value": number(cap.value), "alarmPercentage": number(cap.alarm)}
        with self._one_cap_at_a_time:
            self._writing.write("PUT", f"{_path(cap.participant)}/limits", {"currency": cap.currency, "limit": limit})

    def set_account_active(self, participant: str, account_id: int, active: bool) -> None:
        """Change whether an account may be used."""
        self._writing.write("PUT", f"{_path(participant)}/accounts/{account_id}", {"isActive": active})

    def settlement_models(self) -> tuple[SettlementModel, ...]:
        """The models of which settlements can be made; the hub refuses to make one of a gross or an immediate one."""
        told = listed(lambda: self._reading.get("/settlementModels"), "settlement models")
        return understood(lambda: tuple(_model(each) for each in told if _settles_windows(each)), "a list of models")

    def funds_in(self, order: FundsOrder) -> None:
        """Order funds in."""
        self._order("recordFundsIn", order)

    def funds_out_reserve(self, order: FundsOrder) -> None:
        """Order the reservation of funds out."""
        self._order("recordFundsOutPrepareReserve", order)

    def funds_out_commit(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        """Order what was reserved out."""
        self._end("recordFundsOutCommit", f"{_path(participant)}/accounts/{account_id}/transfers/{transfer_id}", reason)

    def funds_out_abort(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        """Order what was reserved back."""
        self._end("recordFundsOutAbort", f"{_path(participant)}/accounts/{account_id}/transfers/{transfer_id}", reason)

    def _order(self, action: str, order: FundsOrder) -> None:
        extensions = {"user": present_run().maker.username, "externalReference": order.reference}
        body = {
            "transferId": order.transfer_id,
            "externalReference": order.reference,
            "action": action,
            "reason": order.reason,
            "amount": {"amount": digits(order.amount), "currency": order.currency},
            "extensionList": {
                "extension": [{"key": key, "value": value[:LONGEST_VALUE]} for key, value in extensions.items()]
            },
        }
        self._writing.write("POST", f"{_path(order.participant)}/accounts/{order.account_id}", body)

    def _end(self, action: str, path: str, reason: str) -> None:
        self._writing.write("PUT", path, {"action": action, "reason": reason})


def _path(participant: str) -> str:
    return f"/participants/{quote(participant, safe='')}"


def _participant(told: Any) -> ParticipantRef:
    return ParticipantRef(
        name=str(told["name"]),
        active=bool(told["isActive"]),
        accounts=tuple(
            AccountRef(int(each["id"]), str(each["ledgerAccountType"]), str(each["currency"]), bool(each["isActive"]))
            for each in told["accounts"]
        ),
    )


def _account(participant: str, told: Any) -> LedgerAccount:
    return LedgerAccount(
        participant=participant,
        account_id=int(told["id"]),
        kind=str(told["ledgerAccountType"]),
        currency=str(told["currency"]),
        active=bool(told["isActive"]),
        value=money(told["value"]),
        reserved=money(told.get("reservedValue") or 0),
    )


def _is_cap(told: Any) -> bool:
    return bool(told["limit"]["type"] == NET_DEBIT_CAP)


def _cap(told: Any) -> Cap:
    limit = told["limit"]
    return Cap(str(told["name"]), str(told["currency"]), money(limit["value"]), money(limit["alarmPercentage"]))


def _settles_windows(told: Any) -> bool:
    return (told["settlementGranularity"], told["settlementDelay"]) == ("NET", "DEFERRED")


def _model(told: Any) -> SettlementModel:
    """A model; what the hub calls the id of its account type is the name of that."""
    return SettlementModel(
        name=str(told["name"]),
        currency=told.get("currency"),
        active=bool(told["isActive"]),
        auto_position_reset=bool(told["autoPositionReset"]),
        require_liquidity_check=bool(told["requireLiquidityCheck"]),
        ledger_account_type=str(told["ledgerAccountTypeId"]),
    )
