"""The shapes in which requests for change are told to programs."""

from marshmallow import Schema, ValidationError, fields, validate

from bff.change.actions import TypedSchema
from bff.change.listing import place_of

STATES = "PENDING, APPROVED, EXECUTING, DONE, FAILED, UNKNOWN, REJECTED, WITHDRAWN, EXPIRED or STALE."


class AmountSchema(Schema):
    """Money, as a string so that no digit is lost."""

    currency = fields.String()
    amount = fields.String()


class MakerSchema(Schema):
    """Who asked."""

    subject = fields.String()
    name = fields.String()


class MaySchema(Schema):
    """What whoever asks may do with the request now."""

    approve = fields.Boolean()
    reject = fields.Boolean()
    withdraw = fields.Boolean()


class TakenSchema(Schema):
    """A decision that somebody took: approve, reject or withdraw."""

    subject = fields.String()
    name = fields.String()
    verdict = fields.String()
    reason = fields.String()
    at = fields.AwareDateTime()


class TaskSchema(Schema):
    """A request for change. `sha256` is what a decision must carry; `why_not` says why the asker cannot approve it."""

    id = fields.String()
    action = fields.String()
    title = fields.String()
    sentence = fields.String()
    target = fields.String()
    href = fields.String()
    state = fields.String(metadata={"description": STATES})
    maker = fields.Nested(MakerSchema)
    made_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    reason = fields.String()
    problem = fields.String()
    participants = fields.List(fields.String())
    amounts = fields.List(fields.Nested(AmountSchema))
    required = fields.Integer()
    given = fields.Integer()
    sha256 = fields.String()
    may = fields.Nested(MaySchema)
    decisions = fields.List(fields.Nested(TakenSchema))
    why_not = fields.String()


class FactSchema(Schema):
    """One thing before and after."""

    key = fields.String()
    label = fields.String()
    before = fields.String()
    after = fields.String()
    kind = fields.String()
    currency = fields.String()


class EffectSchema(Schema):
    """What a request would do."""

    changes = fields.List(fields.Nested(FactSchema))
    warnings = fields.List(fields.String())


class StepSchema(Schema):
    """One step of a request's history."""

    at = fields.String(metadata={"format": "date-time"})
    actor = fields.String()
    outcome = fields.String()
    reason = fields.String()


class DetailSchema(TaskSchema):
    """A request in full. `now` is null once it is decided, and while the hub does not answer."""

    asked = fields.Nested(EffectSchema)
    now = fields.Nested(EffectSchema, allow_none=True)
    moved = fields.List(fields.Nested(FactSchema))
    history = fields.List(fields.Nested(StepSchema))


class ListingSchema(Schema):
    """Requests, the latest change first; `total` may be more than are listed, `waiting` counts those that wait for the
    asker. `next` asks for those that follow, as `after`; it is empty where there are none.
    """

    approvals = fields.List(fields.Nested(TaskSchema))
    total = fields.Integer()
    waiting = fields.Integer()
    next = fields.String()


def _place(after: str) -> None:
    try:
        if after:
            place_of(after)
    except ValueError:
        raise ValidationError("Not what `next` said.") from None


class ShowSchema(Schema):
    """Which requests to list."""

    show = fields.String(load_default="open", validate=validate.OneOf(["waiting", "mine", "open", "decided", "all"]))
    after = fields.String(load_default="", validate=[validate.Length(max=80), _place])
    limit = fields.Integer(load_default=100, validate=validate.Range(min=0, max=500))


class DecisionSchema(TypedSchema):
    """One decision."""

    id = fields.String(required=True, validate=validate.Length(max=36))
    verdict = fields.String(required=True, validate=validate.OneOf(["approve", "reject", "withdraw"]))
    sha256 = fields.String(required=True, validate=validate.Length(max=64))
    reason = fields.String(load_default="", validate=validate.Length(max=1000))


class DecisionsSchema(Schema):
    """Several decisions."""

    decisions = fields.List(fields.Nested(DecisionSchema), required=True, validate=validate.Length(min=1, max=100))


class OutcomeSchema(Schema):
    """What became of one decision. `step_up` leads to the stronger login that it needs first."""

    id = fields.String()
    ok = fields.Boolean()
    state = fields.String()
    problem = fields.String()
    step_up = fields.String()


class OutcomesSchema(Schema):
    """What became of each decision, in their order."""

    decisions = fields.List(fields.Nested(OutcomeSchema))
