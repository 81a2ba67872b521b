"""The JSON shapes of settlements, their accounts and runs, and of what is validated before it is confirmed."""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields, validate

from microfrontends.settlement.api_schemas import exact
from microfrontends.settlement.domain.period import Preset
from microfrontends.settlement.domain.settlements import SettlementState


def money(name: str) -> fields.Function:
    """An amount in the currency of its row, as a string; null where nobody knows it."""

    def said(row: Any) -> str | None:
        held = row[name] if isinstance(row, dict) else getattr(row, name)
        currency = row["currency"] if isinstance(row, dict) else row.currency
        return None if held is None else exact(Decimal(held), currency)

    return fields.Function(said, metadata={"type": ["string", "null"]})


class SettlementsQuerySchema(Schema):
    """Which settlements to list: a preset, or dates of one's own. Those that are not over are listed in any case."""

    preset = fields.String(load_default="today", validate=validate.OneOf([each for each in Preset if each != "custom"]))
    from_ = fields.AwareDateTime(data_key="from", attribute="from", format="iso")
    to = fields.AwareDateTime(format="iso")
    state = fields.Enum(SettlementState, by_value=True)
    page = fields.Integer(load_default=1, strict=False, validate=validate.Range(min=1))


class TotalSchema(Schema):
    """What changes hands in one currency."""

    currency = fields.String()
    amount = money("amount")


class RunSchema(Schema):
    """A run. `problem` is why it stopped or was given up."""

    id = fields.String()
    kind = fields.String()
    state = fields.String()
    problem = fields.String()
    started_by = fields.Function(lambda run: run.started_by.name, metadata={"type": "string"})
    started_at = fields.AwareDateTime()
    resumed_by = fields.Function(
        lambda run: run.resumed_by.name if run.resumed_by else None, metadata={"type": ["string", "null"]}
    )
    ended_at = fields.AwareDateTime(allow_none=True)


class RunStepSchema(Schema):
    """A step of a run. `code` and `words` are the hub's own."""

    kind = fields.String()
    account_id = fields.Integer(allow_none=True)
    participant = fields.String()
    currency = fields.String()
    state = fields.String()
    transfer_id = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)
    attempts = fields.Integer()
    code = fields.String()
    words = fields.String()
    problem = fields.String()


class ListedSettlementSchema(Schema):
    """A settlement in a list."""

    id = fields.Integer()
    state = fields.Enum(SettlementState, by_value=True)
    model = fields.String(allow_none=True)
    reason = fields.String()
    created = fields.AwareDateTime()
    changed = fields.AwareDateTime()
    windows = fields.List(fields.Integer())
    totals = fields.List(fields.Nested(TotalSchema))
    run = fields.Nested(RunSchema, allow_none=True)


class SettlementsSchema(Schema):
    """A page of settlements, how many there are in each state, and what changes hands in all of them."""

    settlements = fields.List(fields.Nested(ListedSettlementSchema))
    first = fields.Integer()
    last = fields.Integer()
    total = fields.Integer()
    next_page = fields.Integer(allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    totals = fields.List(fields.Nested(TotalSchema))
    as_of = fields.AwareDateTime()


class AccountSchema(Schema):
    """An account of a settlement. A positive net is owed by the participant, a negative one to it."""

    participant_id = fields.Integer()
    participant = fields.String()
    account_id = fields.Integer()
    currency = fields.String()
    net = money("net")
    state = fields.Enum(SettlementState, by_value=True)
    reason = fields.String()
    liquidity_before = money("liquidity_before")
    liquidity_expected = money("liquidity_expected")
    liquidity_now = money("liquidity_now")
    cap_before = money("cap_before")
    cap_now = money("cap_now")
    transfer_id = fields.String(allow_none=True)


class SettlementSchema(ListedSettlementSchema):
    """A settlement, its accounts, and the steps of its newest run. `complete`: the ledger answered."""

    accounts = fields.List(fields.Nested(AccountSchema))
    steps = fields.List(fields.Nested(RunStepSchema))
    runs = fields.List(fields.Nested(RunSchema))
    complete = fields.Boolean()
    as_of = fields.AwareDateTime()
