"""Who holds which role and belongs to which participant, as the rows of the source `access`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bff.access.rights import Access, permissions_of
from bff.web.locale import spoken
from microfrontends.reports.own.line import Gathered, Record
from microfrontends.reports.own.portal import Portal, whole

PAGE = 100
MOST = 1000  # pages of people


def gathered(access: Access, portal: Portal) -> Gathered:
    """All that the store of roles holds, with what the reader may know of the people. Raises StoreUnavailable."""
    book, held = access.book, access.store.holdings()
    roles, participants, permissions = list[Record](), list[Record](), list[Record]()
    for person, holding in sorted(held.items()):
        roles += [(person, grant.value, grant.granted_by, grant.granted_at) for grant in holding.roles]
        participants += [(person, grant.value, grant.granted_by, grant.granted_at) for grant in holding.participants]
        permissions += [(person, each) for each in sorted(permissions_of(book, holding))]
    return {
        "person": [_person(told) for told in _people(portal)],
        "roleGrant": roles,
        "participantGrant": participants,
        "heldPermission": permissions,
        "roleDefinition": [(name, spoken(role.title), role.scope) for name, role in sorted(book.roles.items())],
        "rolePermission": [(name, each) for name, role in book.roles.items() for each in sorted(role.permissions)],
    }


def _people(portal: Portal) -> Iterator[Mapping[str, Any]]:
    """Everybody whom the reader may see; nobody where the reader may see no people."""
    start = 1
    for _page in range(MOST):
        told = list(whole(portal.asked("people", {"start": str(start), "count": str(PAGE), "sort": "username"})))
        people = [each for answer in told for each in answer.document["users"]]
        yield from people
        start += len(people)
        if not people or start > max((int(answer.document["total"]) for answer in told), default=0):
            return


def _person(told: Mapping[str, Any]) -> Record:
    seen = told.get("lastLogin")
    moment = datetime.fromisoformat(str(seen)) if seen else None
    organisation = told.get("organisation") or ""
    return told["id"], told["username"], told["displayName"], organisation, int(bool(told["active"])), moment
