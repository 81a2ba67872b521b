"""Report packs as the hub's staff watch over them: what was delivered to whom, what waits, what is disputed."""

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from bff import Missing, asker, render, render_part, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.delivery import PENDING, Did, PackState, may
from microfrontends.reports.packs.deliveries import PAGE, Wanted, in_view
from microfrontends.reports.packs.desk import Desk, present_desk
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.words import begun, happened
from microfrontends.reports.permissions import P
from microfrontends.reports.views.pack_filters import Asked, filters_of
from microfrontends.reports.views.packs import LOOK, timeline

blueprint = Blueprint("deliveries", __name__)
LONG_AGO = 120  # seconds without a look at the hub: no worker is there, or the hub's database is away


@blueprint.get("/deliveries")
@requires(P.VIEW_DELIVERIES)
def index() -> Response:
    """What happened at the hub, the newest first, and how its packs stand."""
    desk, asked, who = present_desk(), Asked.of(request.args), asker()
    found = desk.deliveries.standings(in_view(who), asked.wanted, asked.before, PAGE + 1)
    return render(
        "deliveries/index.html",
        title=_("Pack deliveries"),
        found=found[:PAGE],
        filters=filters_of(asked, "deliveries.index", by_participant=True, states=()),
        waiting=desk.deliveries.unproduced(in_view(who)),
        sums=sums(desk),
        older=asked.address("deliveries.index", before=found[PAGE - 1].event.id) if len(found) > PAGE else None,
        newest=asked.address("deliveries.index") if asked.before else None,
        looked_at=desk.watch.looked_at(),
        blind=_is_blind(desk),
        **LOOK,
    )


@blueprint.get("/deliveries/packs")
@requires(P.VIEW_DELIVERIES)
def packs() -> Response:
    """Single packs: those of a state, those overdue."""
    desk, asked, who = present_desk(), Asked.of(request.args), asker()
    late = "overdue" in request.args
    wanted = _overdue(desk) if late else asked.wanted
    found = desk.deliveries.newest(in_view(who), wanted, asked.before, PAGE + 1)
    more = {"overdue": "yes"} if late else {}
    return render(
        "deliveries/packs.html",
        title=_("Overdue report packs") if late else _("Delivered report packs"),
        found=found[:PAGE],
        filters=filters_of(asked, "deliveries.packs", by_participant=True),
        total=desk.deliveries.count(in_view(who), wanted),
        overdue=desk.deliveries.is_overdue,
        reasons=_disputes(desk, found[:PAGE]),
        older=asked.address("deliveries.packs", before=found[PAGE - 1].produced_seq, **more)
        if len(found) > PAGE
        else None,
        newest=asked.address("deliveries.packs", **more) if asked.before else None,
        **LOOK,
    )


@blueprint.get("/deliveries/events/<int:event_id>")
@requires(P.VIEW_DELIVERIES)
def event(event_id: int) -> Response:
    """One event: each participant, and how each of its packs stands."""
    desk = present_desk()
    found = desk.deliveries.of_event(in_view(asker()), event_id) if event_id < 2**31 else []
    if not found:
        raise Missing(_("There is no such event among those that you may see."))
    # One column for each report, and in it for each currency where packs are of one.
    columns = list(dict.fromkeys((each.report, each.currency, spoken(each.title)) for each in found))
    cells = {(each.participant, each.report, each.currency): each for each in found}
    participants = list(dict.fromkeys(each.participant for each in found))
    return render(
        "deliveries/event.html",
        title=begun(happened(found[0].event)),
        event=found[0].event,
        columns=columns,
        rows=[
            (name, [cells.get((name, report, currency)) for report, currency, _t in columns]) for name in participants
        ],
        overdue=desk.deliveries.is_overdue,
        **LOOK,
    )


@blueprint.get("/deliveries/packs/<pack_id>")
@requires(P.VIEW_DELIVERIES)
def show(pack_id: str) -> Response:
    """One pack's delivery: all but what is in it."""
    desk = present_desk()
    found = desk.in_view(pack_id, asker())
    return render(
        "deliveries/show.html",
        title=spoken(found.title),
        pack=found,
        files=desk.packs.files(found.id) if found.produced else [],
        proofs=timeline(found),
        versions=[each for each in desk.packs.versions(found) if each.id != found.id],
        can={did: may(found.state, did) for did in (Did.ANSWERED, Did.RETRIED)},
        overdue=desk.deliveries.is_overdue(found),
        **LOOK,
    )


@blueprint.get("/slots/deliveries")
@requires(P.VIEW_DELIVERIES)
def panel() -> Response:
    """What of the deliveries waits for somebody; nothing at all for whoever is bound to some participants."""
    if not asker().sees_all:
        return Response("", mimetype="text/html")
    desk = present_desk()
    return render_part("deliveries/_home.html", sums=sums(desk), blind=_is_blind(desk), as_of=desk.packs.clock())


def sums(desk: Desk) -> dict[str, int]:
    """How many packs wait for whom."""
    who = in_view(asker())
    counted = desk.deliveries.count
    return {
        "unopened": counted(who, Wanted(states=(PackState.NEW,))),
        "overdue": counted(who, _overdue(desk)),
        "disputed": counted(who, Wanted(states=(PackState.DISPUTED,))),
        "failed": desk.deliveries.failed(who),
    }


def _overdue(desk: Desk) -> Wanted:
    return Wanted(states=PENDING, produced_before=desk.deliveries.overdue_before)


def _disputes(desk: Desk, found: list[Pack]) -> dict[str, str]:
    """Why each of the disputed ones is disputed."""
    disputed = [each.id for each in found if each.state is PackState.DISPUTED]
    return {
        each: [proof.reason for proof in desk.packs.proofs(each) if proof.did is Did.DISPUTED][-1] for each in disputed
    }


def _is_blind(desk: Desk) -> bool:
    looked = desk.watch.looked_at()
    return looked is None or (desk.packs.clock() - looked).total_seconds() > LONG_AGO
