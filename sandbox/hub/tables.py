"""Which of the hub's tables the sandbox fills, with the names that report SQL knows them by."""

from sqlalchemy import JSON, Column, MetaData, Numeric, SmallInteger, Table, UniqueConstraint

from sandbox.hub.columns import code, flag, key, long_text, moment, money, number, text

metadata = MetaData()


def _names(name: str, *more: Column[int]) -> Table:
    """A table of numbered names: account types, entry types, roles."""
    named = (key(f"{name}Id"), text("name", 50), text("description", optional=True), flag("isActive"))
    return Table(name, metadata, *named, moment(), *more, UniqueConstraint("name"))


def _states(name: str) -> Table:
    rest = (text("enumeration", 50), text("description", optional=True), flag("isActive"), moment())
    return Table(name, metadata, code(f"{name}Id", 50), *rest)


def _changes(of: Column[int] | Column[str], state: str, *more: Column[str]) -> Table:
    """The history of an object's states; the object's `currentStateChangeId`, where it has one, points at the last."""
    name = f"{of.name.removesuffix('Id')}StateChange"
    entered = text(f"{state}Id", 50)
    return Table(name, metadata, key(f"{name}Id"), of, entered, text("reason", optional=True), *more, moment())


currency = Table(
    "currency",
    metadata,
    code("currencyId", 3),
    text("name", 128, optional=True),
    flag("isActive"),
    moment(),
    number("scale"),
)
endpoint_type = _names("endpointType")
ledger_account_type = _names("ledgerAccountType", flag("isSettleable", 0))
ledger_entry_type = _names("ledgerEntryType", number("ledgerAccountTypeId", optional=True))
participant_limit_type = _names("participantLimitType")
settlement_delay = _names("settlementDelay")
settlement_granularity = _names("settlementGranularity")
settlement_interchange = _names("settlementInterchange")
transfer_participant_role_type = _names("transferParticipantRoleType")
transfer_state = _states("transferState")
settlement_state = _states("settlementState")
settlement_window_state = _states("settlementWindowState")

participant = Table(
    "participant",
    metadata,
    *(key("participantId"), text("name", 256), text("description", optional=True), flag("isActive")),
    *(moment(), text("createdBy", 128), flag("isProxy", 0), UniqueConstraint("name")),
)
participant_currency = Table(
    "participantCurrency",
    metadata,
    *(key("participantCurrencyId"), number("participantId", index=True), text("currencyId", 3)),
    *(number("ledgerAccountTypeId"), flag("isActive"), moment(), text("createdBy", 128)),
    UniqueConstraint("participantId", "currencyId", "ledgerAccountTypeId"),
)
participant_position = Table(
    "participantPosition",
    metadata,
    *(key("participantPositionId"), number("participantCurrencyId", index=True)),
    *(money("value"), money("reservedValue"), moment("changedDate")),
)
participant_position_change = Table(
    "participantPositionChange",
    metadata,
    *(key("participantPositionChangeId"), number("participantPositionId", index=True)),
    *(number("transferStateChangeId", index=True, optional=True), money("value"), money("reservedValue"), moment()),
    *(number("participantCurrencyId", index=True), money("change"), number("fxTransferStateChangeId", optional=True)),
)
participant_limit = Table(
    "participantLimit",
    metadata,
    *(key("participantLimitId"), number("participantCurrencyId", index=True), number("participantLimitTypeId")),
    *(money("value"), Column("thresholdAlarmPercentage", Numeric(5, 2, asdecimal=False), nullable=False)),
    *(
        number("startAfterParticipantPositionChangeId", optional=True),
        flag("isActive"),
        moment(),
        text("createdBy", 128),
    ),
)
participant_endpoint = Table(
    "participantEndpoint",
    metadata,
    *(key("participantEndpointId"), number("participantId", index=True), number("endpointTypeId"), text("value")),
    *(flag("isActive"), moment(), text("createdBy", 128), UniqueConstraint("participantId", "endpointTypeId")),
)

transfer = Table(
    "transfer",
    metadata,
    *(code("transferId"), money("amount"), text("currencyId", 3, index=True), text("ilpCondition", 256)),
    *(moment("expirationDate"), moment(index=True)),
)
transfer_participant = Table(
    "transferParticipant",
    metadata,
    *(key("transferParticipantId"), text("transferId", 36, index=True)),
    *(number("participantCurrencyId", index=True, optional=True), number("transferParticipantRoleTypeId")),
    *(number("ledgerEntryTypeId"), money("amount"), moment(), number("participantId", index=True)),
    number("externalParticipantId", optional=True),
)
transfer_state_change = _changes(text("transferId", 36, index=True), "transferState")
transfer_fulfilment = Table(
    "transferFulfilment",
    metadata,
    *(code("transferId"), text("ilpFulfilment", 256, optional=True), moment("completedDate"), flag("isValid", None)),
    *(number("settlementWindowId", index=True, optional=True), moment()),
)
transfer_error = Table(
    "transferError",
    metadata,
    *(
        code("transferId"),
        number("transferStateChangeId"),
        number("errorCode"),
        text("errorDescription", 128),
        moment(),
    ),
)
transfer_extension = Table(
    "transferExtension",
    metadata,
    *(key("transferExtensionId"), text("transferId", 36, index=True), text("key", 128), long_text("value")),
    *(flag("isFulfilment", 0), flag("isError", 0), moment()),
)
transfer_timeout = Table(
    "transferTimeout",
    metadata,
    key("transferTimeoutId"),
    text("transferId", 36, index=True),
    moment("expirationDate"),
    moment(),
)
expiring_transfer = Table(
    "expiringTransfer",
    metadata,
    *(key("expiringTransferId"), text("transferId", 36, index=True), moment("expirationDate", index=True), moment()),
)

settlement_model = Table(
    "settlementModel",
    metadata,
    *(key("settlementModelId"), text("name", 50), flag("isActive"), number("settlementGranularityId")),
    *(number("settlementInterchangeId"), number("settlementDelayId"), text("currencyId", 3, optional=True)),
    *(flag("requireLiquidityCheck"), number("ledgerAccountTypeId"), flag("autoPositionReset", 0)),
    *(flag("adjustPosition", 0), number("settlementAccountTypeId")),
    *(UniqueConstraint("name"), UniqueConstraint("ledgerAccountTypeId", "currencyId")),
)
settlement_window = Table(
    "settlementWindow",
    metadata,
    *(key("settlementWindowId"), text("reason", optional=True), moment(index=True)),
    number("currentStateChangeId", optional=True),
)
settlement_window_state_change = _changes(number("settlementWindowId", index=True), "settlementWindowState")
settlement_window_content = Table(
    "settlementWindowContent",
    metadata,
    *(key("settlementWindowContentId"), number("settlementWindowId", index=True), number("ledgerAccountTypeId")),
    *(text("currencyId", 3), moment(), number("currentStateChangeId", optional=True)),
    *(number("settlementId", index=True, optional=True), number("SettlementModelId", optional=True)),
)
settlement_window_content_state_change = _changes(
    number("settlementWindowContentId", index=True), "settlementWindowState"
)
settlement_content_aggregation = Table(
    "settlementContentAggregation",
    metadata,
    *(key("settlementContentAggregationId"), number("settlementWindowContentId", index=True)),
    *(number("participantCurrencyId", index=True), number("transferParticipantRoleTypeId")),
    *(number("ledgerEntryTypeId"), money("amount"), moment(), text("currentStateId", 50)),
    number("settlementId", index=True, optional=True),
)
settlement = Table(
    "settlement",
    metadata,
    *(key("settlementId"), text("reason", optional=True), moment(index=True)),
    *(number("currentStateChangeId", optional=True), number("settlementModelId", optional=True)),
)
settlement_state_change = _changes(number("settlementId", index=True), "settlementState")
settlement_settlement_window = Table(
    "settlementSettlementWindow",
    metadata,
    *(
        key("settlementSettlementWindowId"),
        number("settlementId", index=True),
        number("settlementWindowId", index=True),
        moment(),
    ),
)
settlement_participant_currency = Table(
    "settlementParticipantCurrency",
    metadata,
    *(
        key("settlementParticipantCurrencyId"),
        number("settlementId", index=True),
        number("participantCurrencyId", index=True),
    ),
    *(money("netAmount"), moment(), number("currentStateChangeId", optional=True)),
    text("settlementTransferId", 36, index=True, optional=True),
)
settlement_participant_currency_state_change = _changes(
    number("settlementParticipantCurrencyId", index=True),
    "settlementState",
    text("externalReference", 50, optional=True),
)

# The sandbox's own: what a real hub keeps in its message broker. It outlives a restart, as messages do.
sandbox_job = Table(
    "sandboxJob",
    metadata,
    *(key("sandboxJobId"), text("task", 32), Column("details", JSON, nullable=False), number("dueAt", index=True)),
    Column("attempts", SmallInteger, default=0, nullable=False),
)
