"""Which tables stand empty here: quotes, currency conversion, legacy. Reports join them, so they must be there."""

from typing import Any

from sqlalchemy import Column, MetaData, Table

from sandbox.hub.columns import code, key, long_text, moment, money, number, text

# A table on a line, its key first. `#` marks a number; an amount, a date and a long text are known by their names.
TABLES = """
amountType #amountTypeId name description createdDate
balanceOfPayments #balanceOfPaymentsId name description createdDate
externalParticipant #externalParticipantId name createdDate #proxyId
fxCharge #fxChargeId chargeType conversionId sourceAmount sourceCurrency targetAmount targetCurrency
fxParticipantCurrencyType #fxParticipantCurrencyTypeId name description createdDate
fxQuote conversionRequestId createdDate
fxQuoteConversionTerms conversionId determiningTransferId conversionRequestId #amountTypeId initiatingFsp
 counterPartyFsp sourceAmount sourceCurrency targetAmount targetCurrency expirationDate createdDate
fxQuoteResponse #fxQuoteResponseId conversionRequestId ilpCondition createdDate
fxQuoteResponseConversionTerms conversionId determiningTransferId conversionRequestId #fxQuoteResponseId
 #amountTypeId initiatingFsp counterPartyFsp sourceAmount sourceCurrency targetAmount targetCurrency
 expirationDate createdDate
fxTransfer commitRequestId determiningTransferId sourceAmount targetAmount sourceCurrency targetCurrency
 ilpCondition expirationDate createdDate
fxTransferError commitRequestId #fxTransferStateChangeId #errorCode errorDescription createdDate
fxTransferExtension #fxTransferExtensionId commitRequestId #isFulfilment #isError key value createdDate
fxTransferFulfilment commitRequestId ilpFulfilment completedDate #isValid #settlementWindowId createdDate
fxTransferParticipant #fxTransferParticipantId commitRequestId #participantCurrencyId
 #transferParticipantRoleTypeId #ledgerEntryTypeId #fxParticipantCurrencyTypeId amount createdDate
 #participantId #externalParticipantId
fxTransferStateChange #fxTransferStateChangeId commitRequestId transferStateId reason createdDate
fxTransferTimeout #fxTransferTimeoutId commitRequestId expirationDate createdDate
fxTransferType #fxTransferTypeId name description createdDate
fxWatchList #fxWatchListId commitRequestId determiningTransferId #fxTransferTypeId createdDate
geoCode #geoCodeId #quotePartyId latitude longitude createdDate
ilpPacket transferId value createdDate
party #partyId #quotePartyId firstName middleName lastName dateOfBirth
partyIdentifierType #partyIdentifierTypeId name description
partyType #partyTypeId name description
quote quoteId transactionReferenceId transactionRequestId note expirationDate #transactionInitiatorId
 #transactionInitiatorTypeId #transactionScenarioId #balanceOfPaymentsId #transactionSubScenarioId #amountTypeId
 amount currencyId createdDate
quoteError #quoteErrorId quoteId #quoteResponseId #errorCode errorDescription createdDate
quoteExtension #quoteExtensionId quoteId #quoteResponseId transactionId key value createdDate
quoteParty #quotePartyId quoteId #partyTypeId #partyIdentifierTypeId partyIdentifierValue partySubIdOrTypeId
 fspId #participantId merchantClassificationCode partyName #transferParticipantRoleTypeId #ledgerEntryTypeId
 amount currencyId createdDate
quoteResponse #quoteResponseId quoteId transferAmountCurrencyId transferAmount payeeReceiveAmountCurrencyId
 payeeReceiveAmount payeeFspFeeCurrencyId payeeFspFeeAmount payeeFspCommissionCurrencyId
 payeeFspCommissionAmount ilpCondition responseExpirationDate #isValid createdDate
quoteResponseIlpPacket #quoteResponseId value
settlementTransferParticipant #settlementTransferParticipantId #settlementId #settlementWindowId
 #participantCurrencyId #transferParticipantRoleTypeId #ledgerEntryTypeId amount createdDate
transactionInitiator #transactionInitiatorId name description createdDate
transactionInitiatorType #transactionInitiatorTypeId name description createdDate
transactionReference transactionReferenceId quoteId createdDate
transactionScenario #transactionScenarioId name description createdDate
transactionSubScenario #transactionSubScenarioId name description createdDate
transferDuplicateCheck transferId hash createdDate
transferErrorDuplicateCheck transferId hash createdDate
transferFulfilmentDuplicateCheck transferId hash createdDate
"""


def define(metadata: MetaData) -> None:
    """Add these tables to the hub's."""
    for line in TABLES.replace("\n ", " ").strip().splitlines():
        name, first, *others = line.split()
        own = key(first[1:]) if first.startswith("#") else code(first, 255)
        Table(name, metadata, own, *(_column(word) for word in others))


def _column(word: str) -> Column[Any]:
    if word.startswith("#"):
        return number(word[1:], optional=True)
    if word.lower().endswith("amount"):
        return money(word, optional=True)
    if word.endswith("Date") or word == "dateOfBirth":
        return moment(word, optional=True)
    return long_text(word) if word in ("value", "note") else text(word, optional=True)
