"""How long the session still lasts, for pages that warn before it ends and that go on once somebody has signed in."""

from flask import Response, jsonify

from bff.access.permissions import public
from bff.identity.current import auth_of_app, current_session, current_ticket


@public
def session() -> Response:
    """Seconds left, and the token that changes must carry. A poll puts nothing off; any other request does."""
    found, ticket = current_session(), current_ticket()
    if found is None or ticket is None:
        return jsonify(seconds=0)
    left = auth_of_app().party.sessions.left(ticket)
    return jsonify(seconds=int(left), who=found.subject, csrf=found.csrf)
