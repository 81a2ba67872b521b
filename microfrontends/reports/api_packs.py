"""The JSON interface of report packs: what is there since a cursor, one pack with its proof, its files."""

from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from bff import asker, audited_read, requires
from bff.change.words import writable
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.domain.delivery import Did, PackState
from microfrontends.reports.domain.distribution import OBJECTS, Event
from microfrontends.reports.packs.deliveries import PAGE, Wanted, readable
from microfrontends.reports.packs.desk import Desk, present_desk
from microfrontends.reports.packs.records import Pack, PackFile, Proof
from microfrontends.reports.permissions import P
from microfrontends.reports.views.pack_filters import LARGEST, SHOWN
from microfrontends.reports.views.packs import sent

MOST = 500  # packs in one answer
blueprint = Blueprint("packs_api", __name__, url_prefix="/api", description="Report packs, delivered to participants")


class FileSchema(Schema):
    """A file of a pack. `sha256` is over the whole file, as it is sent."""

    format = fields.String(metadata={"enum": list(Format)})
    size = fields.Integer(metadata={"description": "In bytes"})
    sha256 = fields.String()
    href = fields.String()


class ProofSchema(Schema):
    """One thing that became of a pack; `entry` is its number in the audit."""

    entry = fields.Integer()
    did = fields.String(metadata={"enum": list(Did)})
    at = fields.DateTime()
    name = fields.String()
    format = fields.String()
    reason = fields.String()


class PackSchema(Schema):
    """A report pack. `cursor` is where the list goes on after it."""

    id = fields.UUID()
    href = fields.String()
    cursor = fields.Integer()
    report = fields.String()
    title = fields.String()
    event = fields.String(metadata={"enum": list(Event)})
    window = fields.Integer(allow_none=True)
    settlement = fields.Integer(allow_none=True)
    happened_at = fields.DateTime()
    participant = fields.String()
    currency = fields.String(allow_none=True)
    version = fields.Integer()
    state = fields.String(metadata={"enum": [str(state) for state in SHOWN]})
    parameters = fields.Dict(keys=fields.String(), values=fields.String())
    rows = fields.Integer()
    produced_at = fields.DateTime()
    as_of = fields.DateTime()
    files = fields.List(fields.Nested(FileSchema))


class OneSchema(PackSchema):
    """The same with what became of it."""

    proof = fields.List(fields.Nested(ProofSchema))


class PacksSchema(Schema):
    """Packs in the order in which they appeared; ask again with `since` = `cursor`, at once where there is `more`."""

    packs = fields.List(fields.Nested(PackSchema))
    cursor = fields.Integer()
    more = fields.Boolean()


class ListSchema(Schema):
    """Which packs."""

    since = fields.Integer(load_default=0, validate=validate.Range(0, LARGEST))
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, MOST))
    state = fields.String(load_default=None, validate=validate.OneOf([str(state) for state in SHOWN]))
    event = fields.String(load_default=None, validate=validate.OneOf([str(event) for event in Event]))
    participant = fields.String(load_default="", validate=validate.Length(max=128))
    report = fields.String(load_default="", validate=validate.Length(max=64))


@blueprint.get("/packs")
@requires(P.VIEW_PACKS)
@blueprint.arguments(ListSchema, location="query")
@blueprint.response(200, PacksSchema)
def packs(query: dict[str, Any]) -> dict[str, Any]:
    """List the packs that the caller may read, from after a cursor on."""
    desk, who = present_desk(), asker()
    wanted = Wanted(
        states=(PackState(query["state"]),) if query["state"] else (),
        kind=Event(query["event"]) if query["event"] else None,
        participant=writable(query["participant"]),
        report=writable(query["report"]),
    )
    found = desk.deliveries.after(readable(who, desk.shelf.catalogue), wanted, query["since"], query["limit"] + 1)
    shown = found[: query["limit"]]
    if shown:  # a program that asks every minute and finds nothing reads nothing
        audited_read("pack.list", detail={"since": query["since"], "packs": len(shown)})
    cursor = shown[-1].produced_seq if shown else query["since"]
    return {"packs": [_told(desk, each) for each in shown], "cursor": cursor, "more": len(found) > len(shown)}


@blueprint.get("/packs/<pack_id>")
@requires(P.VIEW_PACKS)
@blueprint.response(200, OneSchema)
@blueprint.alt_response(404, description="No such pack, or none that the caller may read")
def one(pack_id: str) -> dict[str, Any]:
    """Show one pack with its proof of delivery. For a caller of its participant, this opens it."""
    desk = present_desk()
    found = desk.open(pack_id, "api")
    return {**_told(desk, found), "proof": [_proof(each) for each in desk.packs.proofs(found.id)]}


@blueprint.get("/packs/<pack_id>/files/<form>")
@requires(P.VIEW_PACKS)
@blueprint.doc(responses={"200": {"description": "The file; its ETag is its SHA-256"}})
@blueprint.alt_response(404, description="No such pack or file, or none that the caller may read")
def file(pack_id: str, form: str) -> Response:
    """Fetch a file of a pack. Once all of it has left, that is proof of its delivery."""
    return sent(pack_id, form)


def _told(desk: Desk, found: Pack) -> dict[str, Any]:
    return {
        "id": found.id,
        "href": url_for("packs_api.one", pack_id=found.id),
        "cursor": found.produced_seq,
        "report": found.report,
        "title": spoken(found.title),
        "event": str(found.event.kind),
        "window": None,
        "settlement": None,
        str(OBJECTS[found.event.kind]): found.event.object,
        "happened_at": found.event.happened_at,
        "participant": found.participant,
        "currency": found.currency or None,
        "version": found.version,
        "state": str(found.state),
        "parameters": dict(found.parameters),
        "rows": found.rows,
        "produced_at": found.produced_at,
        "as_of": found.as_of,
        "files": [_file(found, each) for each in desk.packs.files(found.id) if each.file],
    }


def _file(found: Pack, each: PackFile) -> dict[str, Any]:
    href = url_for("packs_api.file", pack_id=found.id, form=each.form)
    return {"format": each.form, "size": each.size, "sha256": each.sha256, "href": href}


def _proof(each: Proof) -> dict[str, Any]:
    told = {"entry": each.seq, "did": str(each.did), "at": each.at, "name": each.name}
    return {**told, "format": each.form, "reason": each.reason}
