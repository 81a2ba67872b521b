"""Signing out over HTTP: by the person, here and at the provider, or by the provider behind the browser's back."""

from flask import Response, jsonify, make_response, request

from bff.access.permissions import public
from bff.identity import pages, remembered
from bff.identity.current import auth_of_app, current_ticket
from bff.identity.jwks import KeysUnavailable
from bff.identity.metadata import ProviderUnavailable
from bff.identity.tokens import InvalidToken
from bff.web import htmx
from bff.web.security import refuse_foreign_origin, refuse_missing_token


@public
def logout() -> Response:
    """End the session here first, then lead the browser to the provider, which ends its own and sends it back."""
    refuse_foreign_origin()
    auth, ticket = auth_of_app(), current_ticket()
    # Not `current_session`: signing out must work while the provider does not answer.
    session = auth.party.sessions.find(ticket, slide=False) if ticket else None
    if session is not None:
        refuse_missing_token(session.csrf)
        auth.party.end(session)
        remembered.signed_out(session)
    response = _to_provider(session.tokens.id_token if session else None)
    auth.cookies.clear_session(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@public
def signed_out() -> Response:
    """Where the provider sends the browser when its session is over too."""
    return pages.farewell(at_provider=True)


@public
def backchannel_logout() -> Response:
    """The provider says that a session is over (Back-Channel Logout 1.0): no cookie, but its signature."""
    try:
        subject, sessions = auth_of_app().party.end_by_notice(request.form.get("logout_token", ""))
    except InvalidToken as error:
        why = {"error": "invalid_request", "error_description": f"logout_token: {error.reason}"}
        return make_response(jsonify(why), 400)
    except KeysUnavailable:
        return make_response(jsonify(error="temporarily_unavailable"), 503)
    remembered.signed_out_by_provider(subject, sessions)
    return Response(status=200)


def _to_provider(id_token: str | None) -> Response:
    try:
        target = auth_of_app().party.provider.end_session_url(id_token)
    except ProviderUnavailable:
        target = None
    if target is None:
        return pages.farewell(at_provider=False)
    # Not a redirect: the policy's form-action would stop it on its way to another site.
    return htmx.go_to(target) if htmx.asked() else pages.onward(target)
