"""What a regional scheme adds to the golden ledger: rows whose sums are easy to check by hand.

Window 4, settlement 3, all currencies. alphabank pays betawallet 50 USD (quoted, with a fee of 0.30), and 6000 XOF that
fxmaker converts from 10 USD; gammapay pays 7 USD to faraway, and faraway pays alphabank 2.50 USD, both through
northproxy. Beside them an order to withdraw 40 USD from betawallet that is only reserved and says neither who nor why,
and a conversion that is still under way.
"""

from typing import Any

AT = "2026-11-23 09:00:00"
END = "2026-11-23 09:30:00"


def _table(columns: str, *rows: tuple[Any, ...]) -> dict[str, Any]:
    return {"columns": columns.split(), "rows": rows}


TRANSFERS = (
    # id, amount, currency, payer, payer's account, payee, payer behind it, payee behind it
    ("r-plain", "50.00", "USD", 2, 5, 3, None, None),
    ("r-converted", "6000", "XOF", 2, None, 3, None, None),
    ("r-to-faraway", "7.00", "USD", 4, 13, 10, None, 1),
    ("r-from-faraway", "2.50", "USD", 10, 104, 2, 1, None),
)
LEGS = [
    (one[0], role, 1, f"{sign}{one[1]}", participant, account, external, AT)
    for one in TRANSFERS
    for role, sign, participant, account, external in (
        (1, "", one[3], one[4], one[6]),
        (2, "-", one[5], None, one[7]),
    )
]
STATES = [(one[0], state, None, AT) for one in TRANSFERS for state in ("RECEIVED_PREPARE", "RESERVED", "COMMITTED")]
# Settlement 3: participant's account, its net amount.
NETS = ((201, 5, "57.50"), (202, 9, "-50.00"), (203, 101, "-10.00"), (204, 13, "7.00"), (205, 104, "-4.50"))
NETS_XOF = ((206, 103, "6000"), (207, 11, "-6000"))
LEG = "transferId transferParticipantRoleTypeId ledgerEntryTypeId amount participantId participantCurrencyId"
TERMS = "transferAmount transferAmountCurrencyId payeeReceiveAmount payeeReceiveAmountCurrencyId"

REGIONAL: dict[str, Any] = {
    "participant": _table(
        "participantId name isActive isProxy createdDate createdBy",
        (10, "northproxy", 1, 1, AT, "test"),
        (11, "fxmaker", 1, 0, AT, "test"),
    ),
    "participantCurrency": _table(
        "participantCurrencyId participantId currencyId ledgerAccountTypeId isActive createdDate createdBy",
        *((101, 11, "USD", 1, 1, AT, "test"), (102, 11, "USD", 2, 1, AT, "test"), (103, 11, "XOF", 1, 1, AT, "test")),
        *((104, 10, "USD", 1, 1, AT, "test"), (105, 10, "USD", 2, 1, AT, "test")),
    ),
    "externalParticipant": _table("externalParticipantId name createdDate proxyId", (1, "faraway", AT, 10)),
    "transfer": _table(
        "transferId amount currencyId ilpCondition expirationDate createdDate",
        *((one[0], one[1], one[2], "c", END, AT) for one in TRANSFERS),
        ("r-withdrawal", "40.00", "USD", "0", END, AT),
    ),
    "transferParticipant": _table(
        f"{LEG} externalParticipantId createdDate",
        *LEGS,
        *(("r-withdrawal", 4, 10, "40.00", 3, 10, None, AT), ("r-withdrawal", 3, 10, "-40.00", 1, 1, None, AT)),
    ),
    "transferStateChange": _table("transferId transferStateId reason createdDate", *STATES),
    "transferFulfilment": _table(
        "transferId completedDate isValid settlementWindowId createdDate",
        *((one[0], AT, 1, 4, AT) for one in TRANSFERS),
    ),
    "fxTransfer": _table(
        "commitRequestId determiningTransferId sourceAmount sourceCurrency targetAmount targetCurrency"
        " ilpCondition expirationDate createdDate",
        ("r-conversion", "r-converted", "10.00", "USD", "6000", "XOF", "c", END, AT),
        ("r-under-way", "r-later", "1.00", "USD", "600", "XOF", "c", END, AT),
    ),
    "fxTransferParticipant": _table(
        "commitRequestId transferParticipantRoleTypeId ledgerEntryTypeId fxParticipantCurrencyTypeId amount"
        " participantId participantCurrencyId createdDate",
        *((key, 6, 1, 1, source, 2, 5, AT) for key, source in (("r-conversion", "10.00"), ("r-under-way", "1.00"))),
        *((key, 7, 1, 1, source, 11, 101, AT) for key, source in (("r-conversion", "-10.00"), ("r-under-way", "-1"))),
        *((key, 7, 1, 2, target, 11, 103, AT) for key, target in (("r-conversion", "6000"), ("r-under-way", "600"))),
    ),
    "fxTransferStateChange": _table(
        "commitRequestId transferStateId createdDate",
        *(("r-conversion", "RESERVED", AT), ("r-conversion", "COMMITTED", AT), ("r-under-way", "RESERVED", AT)),
    ),
    "fxTransferFulfilment": _table(
        "commitRequestId completedDate isValid settlementWindowId createdDate", ("r-conversion", AT, 1, 4, AT)
    ),
    "quote": _table(
        "quoteId transactionReferenceId transactionScenarioId amountTypeId amount currencyId note createdDate",
        ("quote-1", "r-plain", 1, 1, "50.00", "USD", "", AT),
    ),
    "quoteResponse": _table(
        f"quoteResponseId quoteId {TERMS} payeeFspFeeAmount payeeFspFeeCurrencyId isValid createdDate",
        (1, "quote-1", "50.00", "USD", "49.70", "USD", "0.30", "USD", 1, AT),
    ),
    "quoteParty": _table(
        "quotePartyId quoteId partyTypeId partyIdentifierTypeId partyIdentifierValue fspId partyName"
        " transferParticipantRoleTypeId ledgerEntryTypeId amount currencyId createdDate",
        (1, "quote-1", 1, 1, "22890001", "alphabank", "Ama Adjei", 1, 1, "50.00", "USD", AT),
        (2, "quote-1", 2, 1, "22890002", "betawallet", "Bodo Bah", 2, 1, "50.00", "USD", AT),
    ),
    "partyType": _table("partyTypeId name description", (1, "PAYER", ""), (2, "PAYEE", "")),
    "partyIdentifierType": _table("partyIdentifierTypeId name description", (1, "MSISDN", "")),
    "amountType": _table("amountTypeId name createdDate", (1, "SEND", AT)),
    "transactionScenario": _table("transactionScenarioId name createdDate", (1, "TRANSFER", AT)),
    "settlementWindow": _table("settlementWindowId reason createdDate currentStateChangeId", (4, "", AT, 92)),
    "settlementWindowStateChange": _table(
        "settlementWindowStateChangeId settlementWindowId settlementWindowStateId reason createdDate",
        *((90, 4, "OPEN", "", AT), (91, 4, "CLOSED", "", END), (92, 4, "PENDING_SETTLEMENT", "", END)),
    ),
    "settlementModel": _table(
        "settlementModelId name isActive settlementGranularityId settlementInterchangeId settlementDelayId currencyId"
        " requireLiquidityCheck ledgerAccountTypeId autoPositionReset adjustPosition settlementAccountTypeId",
        (3, "REGIONAL", 1, 2, 2, 2, None, 1, 1, 1, 0, 2),
    ),
    "settlement": _table("settlementId reason createdDate currentStateChangeId settlementModelId", (3, "", END, 90, 3)),
    "settlementStateChange": _table(
        "settlementStateChangeId settlementId settlementStateId reason createdDate",
        (90, 3, "PENDING_SETTLEMENT", "", END),
    ),
    "settlementSettlementWindow": _table("settlementId settlementWindowId createdDate", (3, 4, END)),
    "settlementWindowContent": _table(
        "settlementWindowContentId settlementWindowId ledgerAccountTypeId currencyId settlementId SettlementModelId"
        " createdDate",
        *((90, 4, 1, "USD", 3, 3, END), (91, 4, 1, "XOF", 3, 3, END)),
    ),
    "settlementContentAggregation": _table(
        "settlementWindowContentId participantCurrencyId transferParticipantRoleTypeId ledgerEntryTypeId amount"
        " currentStateId settlementId createdDate",
        *((90, 5, 1, 2, "0.30", "CLOSED", 3, END), (90, 9, 2, 2, "-0.30", "CLOSED", 3, END)),
    ),
    "settlementParticipantCurrency": _table(
        "settlementParticipantCurrencyId settlementId participantCurrencyId netAmount currentStateChangeId createdDate",
        *((key, 3, account, net, key, END) for key, account, net in (*NETS, *NETS_XOF)),
    ),
    "settlementParticipantCurrencyStateChange": _table(
        "settlementParticipantCurrencyStateChangeId settlementParticipantCurrencyId settlementStateId createdDate",
        *((key, key, "PENDING_SETTLEMENT", END) for key, _, _ in (*NETS, *NETS_XOF)),
    ),
}
REGIONAL["transferStateChange"]["rows"] += (("r-withdrawal", "RESERVED", "Withdrawal", AT),)
