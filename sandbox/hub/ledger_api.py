"""The central-ledger admin API: participants, their accounts and positions, funds in and out."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from sandbox.hub import funds, ledger, participants
from sandbox.hub import tables as t
from sandbox.hub.checks import Fields, currency_asked
from sandbox.hub.database import Books
from sandbox.hub.enums import Account
from sandbox.hub.refusals import malformed, not_found
from sandbox.hub.service import body, hub, lag_s
from sandbox.hub.told import iso, iso_precise, nothing, number, quoted

HOST = "http://central-ledger"
NO_ACTION = "action is missing or not supported"
blueprint = Blueprint("ledger", __name__)


@blueprint.get("/participants")
def list_participants() -> ResponseReturnValue:
    """Every participant, the hub among them, by name."""
    proxies = request.args.get("isProxy", "false").lower() in ("true", "1")
    with hub().database.read() as books:
        listed = participants.listed(books, *((t.participant.c.isProxy == 1,) if proxies else ()))
        return jsonify(_told(books, listed))


@blueprint.post("/participants")
def create_participant() -> ResponseReturnValue:
    """Add a participant, or a currency to one."""
    asked = Fields(body(), "name currency isProxy")
    name, currency, proxy = asked.name(), asked.currency(), asked.truth("isProxy", default=False)
    with hub().database.write() as books:
        participants.create(books, name, currency, proxy=proxy)
        return jsonify(_one(books, name)), 201


@blueprint.get("/participants/<name>")
def get_participant(name: str) -> ResponseReturnValue:
    """One participant."""
    with hub().database.read() as books:
        listed = participants.listed(books, t.participant.c.name == name)
        if not listed:
            raise not_found("The requested resource could not be found")
        return jsonify(_told(books, listed)[0])


@blueprint.put("/participants/<name>")
def update_participant(name: str) -> ResponseReturnValue:
    """Activate or deactivate a participant."""
    active = Fields(body(), "isActive").truth("isActive")
    with hub().database.write() as books:
        participants.set_active(books, name, active)
        return jsonify(_one(books, name))


@blueprint.get("/participants/<name>/accounts")
def list_accounts(name: str) -> ResponseReturnValue:
    """A participant's accounts with their positions; those without a position are left out."""
    with hub().database.read() as books:
        rows = [row for row in _accounts(books, name, request.args.get("currency")) if row.participantPositionId]
        return jsonify([_account_told(row) for row in rows])


@blueprint.post("/participants/<name>/accounts")
def create_hub_account(name: str) -> ResponseReturnValue:
    """Open one of the hub's own accounts; the only answer in which an account tells when it was made."""
    asked = Fields(body(), "type currency")
    kind, currency = asked.text("type"), asked.currency()
    if currency is None:
        raise malformed('"currency" is required')
    with hub().database.write() as books:
        number_ = participants.create_hub_account(books, name, kind, currency)
        told = _one(books, name)
        for account in told["accounts"]:
            if account["id"] == number_:
                account["createdDate"] = iso_precise(books.now)
        return jsonify(told), 201


@blueprint.put("/participants/<name>/accounts/<account>")
def update_account(name: str, account: str) -> ResponseReturnValue:
    """Activate or deactivate a position account."""
    active = Fields(body(), "isActive").truth("isActive")
    with hub().database.write() as books:
        participants.set_account_active(books, name, _number(account, "id"), active)
    return nothing(200)


@blueprint.post("/participants/<name>/accounts/<account>")
def move_funds(name: str, account: str) -> ResponseReturnValue:
    """Funds in, or funds out reserved. The answer says only that the order was taken."""
    asked = Fields(body(), "transferId externalReference action reason amount extensionList")
    transfer_id, reference = asked.transfer_id(), asked.text("externalReference")
    action = asked.choice("action", (funds.IN, funds.RESERVE), NO_ACTION)
    reason, amount = asked.text("reason"), asked.object("amount", "amount currency")
    ordered = funds.Movement(
        account=_number(account, "id"),
        transfer_id=transfer_id,
        action=action,
        amount=str(amount.positive("amount")),
        currency=amount.currency() or "",
        reason=reason,
        extensions=(("externalReference", reference), *asked.extensions()),
    )
    with hub().database.write() as books:
        funds.order(books, name, ordered, lag_s(hub().options.funds_s))
    return nothing(202)


@blueprint.put("/participants/<name>/accounts/<account>/transfers/<transfer>")
def end_funds(name: str, account: str, transfer: str) -> ResponseReturnValue:
    """Commit or abort reserved funds. Taken whatever it names; what does not fit is forgotten."""
    asked = Fields(body(), "action reason")
    action = asked.choice("action", (funds.COMMIT, funds.ABORT), NO_ACTION)
    reason = asked.text("reason")
    Fields({"transferId": transfer}, "transferId").transfer_id()
    with hub().database.write() as books:
        funds.check_account(books, name, _number(account, "id"))
        funds.order_end(books, transfer, action, reason, lag_s(hub().options.funds_s))
    return nothing(202)


@blueprint.get("/participants/<name>/positions")
def positions(name: str) -> ResponseReturnValue:
    """A participant's positions: a list, or, for one currency, an object."""
    currency = currency_asked(request.args.get("currency"))
    with hub().database.read() as books:
        rows = [row for row in _accounts(books, name, currency) if row.ledgerAccountTypeId == Account.POSITION]
        if currency is not None and not rows:
            raise not_found("participant not found")
        told = [
            {"currency": row.currencyId, "value": number(row.value), "changedDate": iso(row.changedDate)}
            for row in rows
            if row.participantPositionId
        ]
        return jsonify(told if currency is None else (told or [{}])[0])


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise malformed(f'"{name}" must be a number')
    return int(text)


def _accounts(books: Books, name: str, currency: str | None) -> list[Row[Any]]:
    holder = participants.named(books, name)
    account = t.participant_currency.c
    asked = () if currency is None else (account.currencyId == currency,)
    return books.rows(ledger.accounts(account.participantId == holder.participantId, *asked))


def _account_told(row: Row[Any]) -> dict[str, Any]:
    changed: datetime = row.changedDate
    return {
        "id": row.id,
        "ledgerAccountType": Account(row.ledgerAccountTypeId).name,
        "currency": row.currencyId,
        "isActive": row.isActive,
        "value": number(row.value),
        "reservedValue": number(row.reservedValue),
        "changedDate": iso(changed),
    }


def _one(books: Books, name: str) -> dict[str, Any]:
    return _told(books, participants.listed(books, t.participant.c.name == name))[0]


def _told(books: Books, listed: list[Row[Any]]) -> list[dict[str, Any]]:
    """Participants as the API shows them, their accounts read in one query."""
    held: dict[int, list[dict[str, Any]]] = defaultdict(list)
    numbers = [row.participantId for row in listed]
    for row in books.rows(ledger.accounts(t.participant_currency.c.participantId.in_(numbers))):
        account = {"id": row.id, "ledgerAccountType": Account(row.ledgerAccountTypeId).name, "currency": row.currencyId}
        held[row.participantId].append(
            {**account, "isActive": row.isActive, "createdDate": None, "createdBy": "unknown"}
        )
    return [
        {
            "name": row.name,
            "id": f"{HOST}/participants/{row.name}",
            "created": quoted(row.createdDate),
            "isActive": row.isActive,
            "links": {"self": f"{HOST}/participants/{row.name}"},
            "accounts": held[row.participantId],
            "isProxy": row.isProxy,
        }
        for row in listed
    ]
