"""The central-ledger admin API, second part: caps, endpoints, settlement models, the fixed names, health."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select

from sandbox.hub import models, participants
from sandbox.hub import tables as t
from sandbox.hub.checks import Fields, currency_asked
from sandbox.hub.enums import (
    BULK_PROCESSING_STATES,
    BULK_STATES,
    ENDPOINTS,
    TRANSFER_STATES,
    Account,
    Delay,
    Entry,
    Granularity,
    Interchange,
    Role,
)
from sandbox.hub.refusals import internal, malformed, not_found
from sandbox.hub.service import body, hub
from sandbox.hub.told import iso, iso_precise, nothing, number

VERSION = "19.14.0"
blueprint = Blueprint("scheme", __name__)


@blueprint.get("/participants/limits")
def all_limits() -> ResponseReturnValue:
    """The caps in force of all participants."""
    with hub().database.read() as books:
        rows = participants.limits(books, t.participant.c.isActive == 1, *_asked())
        return jsonify([{"name": row.name, **_limit_told(row)} for row in rows])


@blueprint.get("/participants/<name>/limits")
def limits(name: str) -> ResponseReturnValue:
    """The caps in force of one participant."""
    asked = _asked()
    with hub().database.read() as books:
        holder = participants.named(books, name)
        rows = participants.limits(books, t.participant.c.participantId == holder.participantId, *asked)
        if not rows and request.args.get("currency"):
            raise not_found("participant not found")
        return jsonify([_limit_told(row) for row in rows])


@blueprint.put("/participants/<name>/limits")
def adjust_limit(name: str) -> ResponseReturnValue:
    """Put another cap in force. Unlike everywhere else in this API, the alarm has to be given."""
    asked = Fields(body(), "currency limit")
    currency = _currency(asked)
    limit = asked.object("limit", "type value alarmPercentage")
    kind, value, alarm = limit.text("type"), limit.number("value"), limit.number("alarmPercentage")
    with hub().database.write() as books:
        participants.adjust_limit(books, name, currency, kind, (value, float(alarm)))
    told = {"type": kind, "value": number(value), "alarmPercentage": number(alarm)}
    return jsonify({"currency": currency, "limit": told})


@blueprint.post("/participants/<name>/initialPositionAndLimits")
def start(name: str) -> ResponseReturnValue:
    """Give a participant its first cap in a currency."""
    asked = Fields(body(), "currency limit initialPosition")
    currency, position = _currency(asked), asked.number("initialPosition", default=Decimal(0))
    limit = asked.object("limit", "type value")
    kind, value = limit.text("type"), limit.number("value")
    if value < 0:
        raise malformed('"limit.value" must be greater than or equal to 0')
    if kind != "NET_DEBIT_CAP":
        raise internal(participants.NO_LIMIT_TYPE, from_database=True)
    with hub().database.write() as books:
        participants.start(books, name, currency, value, position)
    return nothing(201)


@blueprint.get("/participants/<name>/endpoints")
def endpoints(name: str) -> ResponseReturnValue:
    """Where a participant is told of things: a list, or, for one kind, an object."""
    kind = request.args.get("type")
    with hub().database.read() as books:
        told = [{"type": key, "value": value} for key, value in participants.endpoints(books, name).items()]
    return jsonify(told if kind is None else next((entry for entry in told if entry["type"] == kind), {}))


@blueprint.post("/participants/<name>/endpoints")
def set_endpoint(name: str) -> ResponseReturnValue:
    """Say where a participant is told of something."""
    asked = Fields(body(), "type value")
    kind, value = asked.text("type"), asked.text("value")
    with hub().database.write() as books:
        participants.set_endpoint(books, name, kind, value)
    return nothing(201)


@blueprint.get("/settlementModels")
def list_models() -> ResponseReturnValue:
    """All settlement models."""
    with hub().database.read() as books:
        return jsonify([_model_told(row) for row in models.listed(books)])


@blueprint.get("/settlementModels/<name>")
def get_model(name: str) -> ResponseReturnValue:
    """One settlement model."""
    with hub().database.read() as books:
        return jsonify(_model_told(models.named(books, name)))


@blueprint.post("/settlementModels")
def create_model() -> ResponseReturnValue:
    """Add a settlement model."""
    asked = Fields(
        body(),
        "name settlementGranularity settlementInterchange settlementDelay requireLiquidityCheck ledgerAccountType "
        "autoPositionReset currency settlementAccountType",
    )
    model = models.Model(
        name=asked.name(),
        granularity=asked.choice("settlementGranularity", tuple(Granularity.__members__)),
        interchange=asked.choice("settlementInterchange", tuple(Interchange.__members__)),
        delay=asked.choice("settlementDelay", tuple(Delay.__members__)),
        liquidity_check=asked.truth("requireLiquidityCheck"),
        account=asked.choice("ledgerAccountType", ("INTERCHANGE_FEE", "POSITION", "SETTLEMENT")),
        position_reset=asked.truth("autoPositionReset"),
        currency=asked.currency(),
        settlement_account=asked.choice("settlementAccountType", ("SETTLEMENT", "INTERCHANGE_FEE_SETTLEMENT")),
    )
    with hub().database.write() as books:
        models.create(books, model)
    return nothing(201)


@blueprint.put("/settlementModels/<name>")
def update_model(name: str) -> ResponseReturnValue:
    """Offer a settlement model, or not."""
    active = Fields(body(), "isActive").truth("isActive")
    with hub().database.write() as books:
        models.set_active(books, name, active)
        return jsonify(_model_told(models.named(books, name)))


@blueprint.get("/ledgerAccountTypes")
def account_types() -> ResponseReturnValue:
    """The kinds of accounts."""
    with hub().database.read() as books:
        rows = books.rows(select(t.ledger_account_type).order_by(t.ledger_account_type.c.ledgerAccountTypeId))
    return jsonify([{**row._mapping, "createdDate": iso(row.createdDate)} for row in rows])


@blueprint.get("/enums")
def enums() -> ResponseReturnValue:
    """The fixed names that the hub works with, and their numbers."""
    with hub().database.read() as books:
        own = participants.named(books, "Hub")
    return jsonify(
        endpointType={name: n for n, name in enumerate(ENDPOINTS, 1)},
        hubParticipant={**own._mapping, "createdDate": iso(own.createdDate)},
        ledgerAccountType={member.name: int(member) for member in Account},
        ledgerEntryType={member.name: int(member) for member in Entry},
        participantLimitType={"NET_DEBIT_CAP": 1},
        transferParticipantRoleType={member.name: int(member) for member in Role},
        transferState={state: state for state in TRANSFER_STATES},
        transferStateEnum=TRANSFER_STATES,
        bulkProcessingState={state: n for n, state in enumerate(BULK_PROCESSING_STATES, 1)},
        bulkTransferState={state: state for state in BULK_STATES},
        bulkTransferStateEnum=BULK_STATES,
    )


@blueprint.get("/transactions/<transfer>")
def transaction(transfer: str) -> ResponseReturnValue:
    """What the hub answers for a transfer whose ILP packet it does not have; here it has none."""
    raise internal("Cannot read properties of undefined (reading 'value')")


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Whether the hub is well."""
    return jsonify(health_of(VERSION, ("datastore", "broker")))


def health_of(version: str, services: tuple[str, ...]) -> dict[str, Any]:
    """What a service says of itself when it is well: that it can read its database has just been shown."""
    running = hub()
    with running.database.read() as books:
        participants.named(books, "Hub")
        uptime = (books.now - running.started).total_seconds()
    well = [{"name": name, "status": "OK"} for name in services]
    started = iso_precise(running.started)
    return {"status": "OK", "uptime": uptime, "startTime": started, "versionNumber": version, "services": well}


def _currency(asked: Fields) -> str:
    currency = asked.currency()
    if currency is None:
        raise malformed('"currency" is required')
    return currency


def _asked() -> tuple[Any, ...]:
    """The currency of the query as a condition."""
    currency = currency_asked(request.args.get("currency"))
    return () if currency is None else (t.participant_currency.c.currencyId == currency,)


def _limit_told(row: Row[Any]) -> dict[str, Any]:
    alarm = number(Decimal(str(row.alarm)))
    limit = {"type": "NET_DEBIT_CAP", "value": number(row.value), "alarmPercentage": alarm}
    return {"currency": row.currencyId, "limit": limit}


def _model_told(row: Row[Any]) -> dict[str, Any]:
    """A model as the API shows it; what it calls an account type's id is its name."""
    return {
        "settlementModelId": row.settlementModelId,
        "name": row.name,
        "isActive": bool(row.isActive),
        "settlementGranularity": Granularity(row.settlementGranularityId).name,
        "settlementInterchange": Interchange(row.settlementInterchangeId).name,
        "settlementDelay": Delay(row.settlementDelayId).name,
        "currency": row.currencyId,
        "requireLiquidityCheck": bool(row.requireLiquidityCheck),
        "ledgerAccountTypeId": Account(row.ledgerAccountTypeId).name,
        "autoPositionReset": bool(row.autoPositionReset),
    }
