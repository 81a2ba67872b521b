"""The people of one participant, for its page in another app; that somebody looked is kept, as of every look."""

from flask import Blueprint, Response, url_for

from bff import asker, audited_read, render_part, requires
from microfrontends.users.desk import desk
from microfrontends.users.permissions import P

MOST = 10  # people in the panel
NAMED = 50  # of whom the directory is asked for their names: some directories tell one at a time
blueprint = Blueprint("members", __name__)


@blueprint.get("/slots/participant/<name>")
@requires(P.VIEW_PEOPLE)
def panel(name: str) -> Response:
    """Who belongs to it, with their roles; nothing at all for whoever is bound to some participants."""
    if not asker().sees_all:
        return Response("", mimetype="text/html")
    held = {who: each for who, each in desk().store.holdings().items() if name in each.participant_names}
    people = sorted(desk().directory.named(sorted(held)[:NAMED]).values(), key=lambda person: person.name.casefold())
    audited_read("people.list", participant=name, detail={"people": min(len(people), MOST)})
    rows = [
        {
            "name": person.name,
            "href": url_for("person.show", subject=person.subject),
            "roles": ", ".join(sorted(map(desk().role, held[person.subject].role_names))),
            "state": "ACTIVE" if person.active else "INACTIVE",
        }
        for person in people[:MOST]
    ]
    return render_part("people/_members.html", rows=rows, more=len(held) - len(rows))
