"""The central-settlement API, version 2: windows and settlements."""

from dataclasses import replace

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from sandbox.hub import bodies, queries, settlement, settlement_views, window_views, windows
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account
from sandbox.hub.queries import number_in_path
from sandbox.hub.refusals import internal, invalid
from sandbox.hub.scheme_api import health_of
from sandbox.hub.service import body, fault, hub, lag_s
from sandbox.hub.settlement import Wanted

VERSION = "17.3.4"
blueprint = Blueprint("settlement", __name__, url_prefix="/v2")


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Whether the settlement service is well."""
    return jsonify(health_of(VERSION, ("datastore",)))


@blueprint.get("/settlementWindows")
def list_windows() -> ResponseReturnValue:
    """The windows that fit the query; when none does, an error."""
    query = queries.window_query(request.args.to_dict())
    with hub().database.read() as books:
        found = window_views.found(books, query)
    if not found:
        raise queries.no_windows(request.args.to_dict())
    return jsonify(found)


@blueprint.get("/settlementWindows/<window>")
def get_window(window: str) -> ResponseReturnValue:
    """One window; that there is none is, for this hub, an internal error."""
    number = number_in_path(window)
    with hub().database.read() as books:
        found = window_views.one(books, number)
    if found is None:
        raise internal(f"No record for settlementWindowId: {number} found")
    return jsonify(found)


@blueprint.post("/settlementWindows/<window>")
def close_window(window: str) -> ResponseReturnValue:
    """Close a window; the answer is the next one. The figures of the closed one follow later."""
    number, reason = number_in_path(window), bodies.closing(body())
    racing = fault("race") is not None
    if racing:
        with hub().database.read() as books:
            windows.check_closable(books, number)
        hub().race.run(number)
    with hub().database.write() as books:
        following = windows.close(books, number, reason, looked=racing)
        books.later("aggregate", lag_s(hub().options.close_s), window=number, reason=reason)
        opened = window_views.one(books, following)
    assert opened is not None
    del opened["content"]
    return jsonify(opened)


@blueprint.get("/settlements")
def list_settlements() -> ResponseReturnValue:
    """The settlements that fit the query; when none does, an error."""
    query = queries.settlement_query(request.args.to_dict())
    with hub().database.read() as books:
        found = settlement_views.found(books, query)
    if not found:
        raise queries.no_settlements(request.args.to_dict())
    return jsonify(found)


@blueprint.post("/settlements")
def create_settlement() -> ResponseReturnValue:
    """Make a settlement of closed windows."""
    model, reason, window_ids = bodies.creating(body())
    with hub().database.write() as books:
        number = settlement.create(books, model, reason, window_ids)
        return jsonify(settlement_views.created(books, number))


@blueprint.get("/settlements/<number>")
def get_settlement(number: str) -> ResponseReturnValue:
    """One settlement."""
    with hub().database.read() as books:
        found = settlement_views.one(books, number_in_path(number))
    if found is None:
        raise invalid(f"Settlement with ID '{number}' not found")
    return jsonify(found)


@blueprint.put("/settlements/<number>")
def change_settlement(number: str) -> ResponseReturnValue:
    """Move accounts of a settlement on, or abort it."""
    asked = bodies.changing(body())
    if isinstance(asked, list):
        return _changed(number_in_path(number), asked)
    reason, reference = asked
    with hub().database.write() as books:
        settlement.abort(books, number_in_path(number), reason, reference, works=hub().options.abort_works)
    return jsonify(id=number_in_path(number), state="ABORTED", reason=reason)


@blueprint.get("/settlements/<number>/participants/<participant>")
def get_participant(number: str, participant: str) -> ResponseReturnValue:
    """One participant's accounts in a settlement."""
    sid, pid = number_in_path(number, "sid"), number_in_path(participant, "pid")
    with hub().database.read() as books:
        _check_participant(books, sid, pid)
        return jsonify(settlement_views.part(books, sid, lambda row: row.participantId == pid))


@blueprint.put("/settlements/<number>/participants/<participant>")
def change_participant(number: str, participant: str) -> ResponseReturnValue:
    """Move one participant's accounts on."""
    sid, pid = number_in_path(number, "sid"), number_in_path(participant, "pid")
    return _changed(sid, [bodies.accounts_wanted(body(), pid)])


@blueprint.get("/settlements/<number>/participants/<participant>/accounts/<account>")
def get_account(number: str, participant: str, account: str) -> ResponseReturnValue:
    """One account in a settlement."""
    sid, pid, aid = (
        number_in_path(text, name) for text, name in ((number, "sid"), (participant, "pid"), (account, "aid"))
    )
    with hub().database.read() as books:
        _check_participant(books, sid, pid)
        held = t.participant_currency.c
        position = (held.participantId == pid, held.ledgerAccountTypeId == int(Account.POSITION))
        if books.row(select(held.participantId).where(held.participantCurrencyId == aid, *position)) is None:
            words = f"does not match any position account for participant '{pid}' in settlement '{sid}'"
            raise invalid(f"Provided account ID '{aid}' {words}")
        told = settlement_views.part(books, sid, lambda row: row.account == aid)
    if not told["participants"]:
        raise invalid(f"Account ID '{aid}' is not part of settlement '{sid}'")
    return jsonify(told)


@blueprint.put("/settlements/<number>/participants/<participant>/accounts/<account>")
def change_account(number: str, participant: str, account: str) -> ResponseReturnValue:
    """Move one account on."""
    sid, pid, aid = (
        number_in_path(text, name) for text, name in ((number, "sid"), (participant, "pid"), (account, "aid"))
    )
    return _changed(sid, [[bodies.account_wanted(body(), pid, aid)]])


def _changed(number: int, asked: list[list[Wanted]]) -> ResponseReturnValue:
    """The answer is 200 whatever became of the accounts; each says for itself."""
    broken = fault("refuse_account")
    wanted = [
        replace(wish, refused=broken.text) if broken and wish.account == broken.account else wish
        for wishes in asked
        for wish in wishes
    ]
    with hub().database.write() as books:
        change = settlement.change_accounts(books, number, wanted)
        return jsonify(settlement_views.changed(books, number, change, asked))


def _check_participant(books: Books, number: int, participant: int) -> None:
    if settlement.settlement_of(books, number) is None:
        raise invalid(f"Settlement with ID '{number}' not found")
    if all(row.participantId != participant for row in settlement.accounts_of(books, number)):
        raise invalid(f"Participant with ID '{participant}' is not part of settlement '{number}'")
