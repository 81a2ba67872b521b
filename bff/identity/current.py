"""Whose session the present request belongs to."""

from dataclasses import dataclass

from flask import current_app, g, request

from bff.identity.cookies import Cookies
from bff.identity.relying_party import RelyingParty
from bff.identity.sessions import Session
from bff.identity.ticket import Ticket
from bff.web import htmx

EXTENSION = "portal_auth"


@dataclass(frozen=True)
class Auth:
    """What signing in and out works with, one for each app."""

    party: RelyingParty
    cookies: Cookies


def auth_of_app() -> Auth:
    """The present app's Auth."""
    auth: Auth = current_app.extensions[EXTENSION]
    return auth


def current_ticket() -> Ticket | None:
    """The ticket that the browser sent, if it has the form of one."""
    return Ticket.of(request.cookies.get(auth_of_app().cookies.session, ""))


def current_session() -> Session | None:
    """The living session of this request; looked for once, and a poll does not keep it awake."""
    if "session_of_request" not in g:
        ticket = current_ticket()
        freshness = auth_of_app().party.freshness
        g.session_of_request = freshness.living(ticket, slide=not htmx.polled()) if ticket else None
    session: Session | None = g.session_of_request
    return session
