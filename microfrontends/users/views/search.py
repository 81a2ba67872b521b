"""Whom somebody means by a piece of a name; that they looked is kept, as of every look at people."""

from collections.abc import Iterator

from flask import Blueprint, Response, url_for

from bff import asker, audited_read, requires
from bff.web.finding import MOST, Hit, answer, wanted
from microfrontends.users.desk import desk
from microfrontends.users.directory import Wanted
from microfrontends.users.permissions import P

SHORTEST = 3  # letters after which people are looked for: fewer would name half of them
blueprint = Blueprint("search", __name__)


@blueprint.get("/slots/search")
@requires(P.VIEW_PEOPLE)
def people() -> Response:
    """People; nothing at all for whoever is bound to some participants, and without asking the directory."""
    words = wanted()
    return answer(_people(words) if asker().sees_all and len(words) >= SHORTEST else ())


def _people(words: str) -> Iterator[Hit]:
    found = desk().directory.page(Wanted(words), 1, MOST).people
    if found:
        audited_read("people.list", detail={"search": words, "people": len(found)})
    for person in found:
        note = " · ".join(filter(None, (person.username, person.organisation)))
        yield Hit(person.name, url_for("person.show", subject=person.subject), note)
