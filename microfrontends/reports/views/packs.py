"""Report packs as their participants meet them: what is new, one pack with its proof, its files."""

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from bff import Missing, asker, render, render_part, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.delivery import PENDING, Did, PackState, may
from microfrontends.reports.formats.names import attachment
from microfrontends.reports.kept import LostFile
from microfrontends.reports.packs.deliveries import PAGE, Wanted, readable
from microfrontends.reports.packs.desk import is_delivered_to, present_desk
from microfrontends.reports.packs.preview import shown
from microfrontends.reports.packs.records import Pack, PackFile
from microfrontends.reports.packs.words import DID_WORDS, STATE_LOOKS, STATE_WORDS, happened
from microfrontends.reports.permissions import P
from microfrontends.reports.views.pack_filters import Asked, filters_of
from microfrontends.reports.views.result import KINDS

blueprint = Blueprint("packs", __name__)
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "pdf": "application/pdf",
}
FEW = 5  # packs in the panel of the home page
LOOK: dict[str, Any] = {"words": STATE_WORDS, "looks": STATE_LOOKS, "happened": happened, "spoken": spoken}


@blueprint.get("/packs")
@requires(P.VIEW_PACKS)
def index() -> Response:
    """The packs of the participants in view, the newest first."""
    desk, asked, who = present_desk(), Asked.of(request.args), asker()
    mine = readable(who, desk.shelf.catalogue)
    found = desk.deliveries.newest(mine, asked.wanted, asked.before, PAGE + 1)
    several = who.sees_all or len(who.participants) > 1
    return render(
        "packs/index.html",
        title=_("Report packs"),
        found=found[:PAGE],
        several=several,
        only=() if who.sees_all else sorted(who.participants),
        total=desk.deliveries.count(mine, asked.wanted),
        fresh=desk.deliveries.count(mine, Wanted(states=(PackState.NEW,))),
        filters=filters_of(asked, "packs.index", by_participant=several),
        overdue=desk.deliveries.is_overdue,
        older=asked.address("packs.index", before=found[PAGE - 1].produced_seq) if len(found) > PAGE else None,
        newest=asked.address("packs.index") if asked.before else None,
        **LOOK,
    )


@blueprint.get("/packs/<pack_id>")
@requires(P.VIEW_PACKS)
def show(pack_id: str) -> Response:
    """One pack. That somebody of its participant opens it is proof of delivery."""
    desk, who = present_desk(), asker()
    found = desk.open(pack_id, "page")
    mine = is_delivered_to(found, who)
    return render(
        "packs/show.html",
        title=spoken(found.title),
        pack=found,
        files=desk.packs.files(found.id),
        preview=_preview(found),
        proofs=timeline(found),
        versions=[each for each in desk.packs.versions(found) if each.produced and each.id != found.id],
        can={did: mine and may(found.state, did) for did in (Did.ACKNOWLEDGED, Did.DISPUTED)},
        mine=mine,
        overdue=desk.deliveries.is_overdue(found),
        **LOOK,
    )


@blueprint.get("/packs/<pack_id>/files/<form>")
@requires(P.VIEW_PACKS)
def file(pack_id: str, form: str) -> Response:
    """One of its files."""
    return sent(pack_id, form)


@blueprint.get("/slots/packs")
@requires(P.VIEW_PACKS)
def panel() -> Response:
    """New packs on the home page; nothing at all for hub staff, who have none of their own."""
    desk, who = present_desk(), asker()
    if not who.participants:
        return Response("", mimetype="text/html")
    mine = readable(who, desk.shelf.catalogue)
    found = desk.deliveries.newest(mine, Wanted(states=(PackState.NEW,)), None, FEW)
    return render_part(
        "packs/_home.html",
        found=found,
        fresh=desk.deliveries.count(mine, Wanted(states=(PackState.NEW,))),
        pending=desk.deliveries.count(mine, Wanted(states=PENDING)),
        as_of=desk.packs.clock(),
        **LOOK,
    )


def sent(pack_id: str, form: str) -> Response:
    """A file of a pack that the asker may read now, page and API alike. Raises Missing."""
    desk = present_desk()
    found = desk.readable(pack_id, asker())
    wanted = file_of(found, form)
    named = attachment(found.report, found.parameters, found.as_of or desk.packs.clock(), form)
    response = Response(desk.delivered(found, wanted), content_type=TYPES[form], headers=named)
    response.content_length = wanted.size
    response.headers["Cache-Control"] = "private, no-store"
    response.set_etag(wanted.sha256)
    return response


def file_of(found: Pack, form: str) -> PackFile:
    """A pack's file in a format. Raises Missing."""
    files = present_desk().packs.files(found.id)
    wanted = next((each for each in files if each.form == form), None)
    if wanted is None or not wanted.file:
        why = wanted.problem if wanted else ""
        raise Missing(why or _("This pack is not written as %(format)s.", format=form[:20]))
    return wanted


def timeline(found: Pack) -> list[dict[str, Any]]:
    """What became of a pack, the newest first, as the piece `timeline` takes it."""
    entries = []
    for proof in reversed(present_desk().packs.proofs(found.id)):
        words = str(DID_WORDS[proof.did])
        entries.append(
            {
                "when": proof.at,
                "text": f"{words}, {proof.form.upper()}" if proof.did is Did.DOWNLOADED else words,
                "actor": None if proof.username == "system" else proof.name,
                "note": proof.reason or None,
                "id": proof.seq,
            }
        )
    return entries


def _preview(found: Pack) -> dict[str, Any] | None:
    if not found.preview:
        return None
    try:
        return shown(b"".join(present_desk().files.read(found.preview)), KINDS)
    except LostFile:  # its time ended just now
        return None
