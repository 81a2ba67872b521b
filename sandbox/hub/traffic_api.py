"""The scheme's traffic, which is no API of the hub: a transfer from beginning to end in one request."""

from datetime import timedelta
from decimal import Decimal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.hub import transfers
from sandbox.hub.checks import Fields
from sandbox.hub.refusals import invalid, malformed
from sandbox.hub.service import body, hub

ENDINGS = {"commit": transfers.commit, "abort": transfers.abort}
OUTCOMES = (*ENDINGS, "reserve")
DAY_MS = Decimal(86_400_000)
blueprint = Blueprint("traffic", __name__)


@blueprint.post("/transfers")
def transfer() -> ResponseReturnValue:
    """Send money from one participant to another; `reserve` leaves the transfer waiting until it expires."""
    asked = Fields(body(), "payerFsp payeeFsp amount currency outcome expirationMs")
    payer, payee, amount, currency = (
        asked.text("payerFsp"),
        asked.text("payeeFsp"),
        asked.positive("amount"),
        asked.currency(),
    )
    outcome = asked.choice("outcome", OUTCOMES) if asked.has("outcome") else "commit"
    wait = timedelta(milliseconds=int(asked.number("expirationMs", default=DAY_MS)))
    if currency is None:
        raise malformed('"currency" is required')
    with hub().database.write() as books:
        payment = transfers.Payment(payer, payee, amount, currency, books.now + wait)
        try:
            transfer_id, state = transfers.prepare(books, payment)
        except transfers.UnknownParticipant as problem:
            raise invalid(str(problem)) from None
        if state == "RESERVED" and outcome in ENDINGS:
            state = ENDINGS[outcome](books, transfer_id)
    return jsonify(transferId=transfer_id, state=state)
