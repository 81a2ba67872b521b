"""The JSON shapes of finalising in two steps; amounts are strings at their currency's scale."""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import EXCLUDE, Schema, fields, validate

from microfrontends.settlement.api_settlement_schemas import money


class OptionsSchema(Schema):
    """What the finalisation may change besides the accounts' states."""

    class Meta:
        """A form carries its token too."""

        unknown = EXCLUDE

    set_liquidity = fields.Boolean(load_default=True)
    raise_caps = fields.Boolean(load_default=False)
    lower_caps = fields.Boolean(load_default=False)


class UploadSchema(Schema):
    """The settlement bank's file, .xlsx or .csv."""

    file = Upload()


class AcknowledgedSchema(Schema):
    """The keys of the warnings to take note of."""

    findings = fields.List(fields.String(), required=True, validate=validate.Length(min=1, max=1000))


def _of(*path: str) -> Any:
    def said(row: Any) -> Any:
        for name in path:
            row = row[name] if isinstance(row, dict) else getattr(row, name)
        return row

    return said


class FindingSchema(Schema):
    """One thing found in the file. `kind` 1 to 12 are the validations of the documented process."""

    key = fields.Function(_of("finding", "key"), metadata={"type": "string"})
    kind = fields.Function(lambda row: int(row["finding"].kind), metadata={"type": "integer"})
    severity = fields.Function(_of("finding", "severity"), metadata={"type": "string"})
    row = fields.Function(_of("finding", "row"), metadata={"type": ["integer", "null"]})
    cell = fields.Function(_of("finding", "cell"), metadata={"type": ["string", "null"]})
    account_id = fields.Function(_of("finding", "account"), metadata={"type": ["integer", "null"]})
    title = fields.Function(_of("words", "title"), metadata={"type": "string"})
    detail = fields.Function(_of("words", "sentence"), metadata={"type": "string"})
    explanation = fields.Function(_of("words", "explanation"), metadata={"type": "string"})
    acknowledged = fields.Boolean()


class AdjustmentSchema(Schema):
    """What happens to one account. `funds` above zero go into its liquidity account, below zero out of it."""

    participant = fields.Function(_of("account", "participant"), metadata={"type": "string"})
    account_id = fields.Function(_of("account", "account_id"), metadata={"type": "integer"})
    settlement_account_id = fields.Integer()
    currency = fields.String()
    net = money("net")
    liquidity_before = money("liquidity_before")
    liquidity_expected = money("liquidity_expected")
    funds = money("funds")
    cap_before = money("cap_before")
    cap_after = money("cap_after")
    disable = fields.Boolean()


class DifferenceSchema(Schema):
    """Where the settlement bank holds something else: an adjustment of its own, booked by itself."""

    participant = fields.Function(_of("account", "participant"), metadata={"type": "string"})
    account_id = fields.Function(_of("account", "account_id"), metadata={"type": "integer"})
    currency = fields.String()
    expected = money("expected")
    bank = money("bank")
    funds = money("funds")
    reference = fields.String()


class FinalisationSchema(Schema):
    """What was validated: findings, every intended adjustment, and whether it can be confirmed."""

    id = fields.String(allow_none=True)
    settlement_id = fields.Integer()
    source = fields.String()
    made_at = fields.AwareDateTime(allow_none=True)
    made_by = fields.String(allow_none=True)
    errors = fields.List(fields.Nested(FindingSchema))
    warnings = fields.List(fields.Nested(FindingSchema))
    adjustments = fields.List(fields.Nested(AdjustmentSchema))
    differences = fields.List(fields.Nested(DifferenceSchema))
    obstacles = fields.List(fields.String())
    confirmable = fields.Boolean()
