"""The JSON shapes of the API: moments in ISO 8601, money as strings at their currency's scale."""

from decimal import Decimal

from marshmallow import Schema, fields, validate

from bff import Money
from microfrontends.settlement.domain.period import Preset
from microfrontends.settlement.domain.windows import WindowState


def exact(amount: Decimal, currency: str) -> str:
    """An amount as a string: a JSON number would pass through binary fractions."""
    return format(Money(currency, amount).at_scale(), "f")


class ListQuerySchema(Schema):
    """Which windows to list: a preset, or dates of one's own (in ISO 8601; without an offset they are UTC)."""

    preset = fields.String(load_default="today", validate=validate.OneOf([each for each in Preset if each != "custom"]))
    from_ = fields.AwareDateTime(data_key="from", attribute="from", format="iso")
    to = fields.AwareDateTime(format="iso")
    state = fields.Enum(WindowState, by_value=True)
    page = fields.Integer(load_default=1, strict=False, validate=validate.Range(min=1))


class PositionSchema(Schema):
    """A participant's position in one currency; a positive net is owed by the participant, a negative one to it."""

    participant = fields.String()
    transfers = fields.Integer(metadata={"description": "How many transfers it sent."})
    sent = fields.Function(lambda each: exact(each.sent, each.currency), metadata={"type": "string"})
    received = fields.Function(lambda each: exact(each.received, each.currency), metadata={"type": "string"})
    net = fields.Function(lambda each: exact(each.net, each.currency), metadata={"type": "string"})


class HoldingSchema(Schema):
    """What a window holds in one currency. `imbalance` is zero unless the hub's figures contradict each other."""

    currency = fields.String()
    transfers = fields.Integer()
    amount = fields.Function(lambda each: exact(each.amount, each.currency), metadata={"type": "string"})
    imbalance = fields.Function(lambda each: exact(each.imbalance, each.currency), metadata={"type": "string"})
    positions = fields.List(fields.Nested(PositionSchema))


class ListedWindowSchema(Schema):
    """A window in a list."""

    id = fields.Integer()
    state = fields.Enum(WindowState, by_value=True)
    reason = fields.String()
    opened = fields.AwareDateTime()
    changed = fields.AwareDateTime()
    closed = fields.AwareDateTime(allow_none=True)
    currencies = fields.List(fields.String())


class WindowSchema(ListedWindowSchema):
    """A window and what it holds."""

    holdings = fields.List(fields.Nested(HoldingSchema), allow_none=True)
    as_of = fields.AwareDateTime()


class ListSchema(Schema):
    """A page of windows, and how many there are in each state. `complete` is false when the database did not answer."""

    windows = fields.List(fields.Nested(ListedWindowSchema))
    first = fields.Integer()
    last = fields.Integer()
    total = fields.Integer()
    next_page = fields.Integer(allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    complete = fields.Boolean()
    as_of = fields.AwareDateTime()
