"""Before any view: who asks, may they, and is the change their own. Denies whatever is not declared."""

from dataclasses import dataclass

import structlog
from flask import Flask, current_app, g, request

from bff.access.permissions import ANY_LOGIN, ANYONE, access_of
from bff.access.rights import Access
from bff.errors import InvalidIdentity, NotPermitted, NotSignedIn
from bff.identity.assertion import HEADER, InvalidAssertion, Verifier
from bff.identity.login import current_session
from bff.identity.principal import Identity
from bff.identity.sessions import Session
from bff.web import bearer
from bff.web.bearer import Bearers
from bff.web.observe import tell_whose
from bff.web.security import refuse_foreign_origin, refuse_missing_token

log = structlog.get_logger()


@dataclass(frozen=True)
class Guard:
    """The three ways in: the shell's assertion, a session of the app's own, or, to its API alone, an access token.

    With the latter two, rights are read live from the store.
    """

    verifier: Verifier | None
    access: Access
    bearers: Bearers

    def install(self, app: Flask) -> None:
        """Run before every request of the app."""
        app.extensions["portal_guard"] = self
        app.before_request(self.check)

    def check(self) -> None:
        """Raise unless the request may reach its view; leave the identity in `g`."""
        g.composed, g.identity = HEADER in request.headers, None
        if request.endpoint is None:
            # No such route: whoever is signed in gets the page in their own frame.
            g.identity = self._known_or_none()
            return
        declared = access_of(current_app, request.endpoint, request.method if request.method != "HEAD" else "GET")
        if declared == ANYONE and not g.composed:
            g.identity = self._known_or_none() if _wants_frame() else None
            return
        who = self._identify()
        g.identity = who
        tell_whose(who)
        if who.machine:
            # No browser sends an access token by itself, so no other site can make it ask.
            bearer.admit(who)
        else:
            self._refuse_forged(who)
        if declared not in (ANYONE, ANY_LOGIN) and not who.may(str(declared)):
            raise NotPermitted(str(declared))

    def _refuse_forged(self, who: Identity) -> None:
        if not g.composed:
            refuse_foreign_origin()
        refuse_missing_token(who.csrf)

    def _identify(self) -> Identity:
        asserted, token = request.headers.get(HEADER), bearer.presented()
        if token is not None:
            if asserted is not None:
                raise InvalidIdentity("two identities at once")
            # A cookie beside it is passed over, whether the token is good or not: one request, one way in.
            return self.bearers.identity(token)
        if asserted is None:
            session = current_session()
            if session is None:
                raise NotSignedIn
            return self.of_session(session)
        if self.verifier is None:
            raise InvalidIdentity("this app trusts no shell")
        try:
            return self.verifier.identity(asserted)
        except InvalidAssertion as reason:
            # Never a fall back to the session: whoever presents a bad assertion is not to be believed at all.
            log.warning("assertion_refused", reason=str(reason))
            raise InvalidIdentity(str(reason)) from reason

    def _known_or_none(self) -> Identity | None:
        try:
            return self._identify()
        except (NotSignedIn, InvalidIdentity):
            return None

    def of_session(self, session: Session) -> Identity:
        """The identity of a session: who from the provider, what from the store, as it is now."""
        rights = self.access.rights(session.subject)
        return Identity(
            subject=session.subject,
            name=session.name,
            username=session.username,
            participants=rights.participants,
            hub=rights.hub,
            permissions=rights.permissions,
            roles=rights.roles,
            csrf=session.csrf,
            session=session.sid,
            acr=session.acr,
            auth_time=session.auth_time,
            amr=session.amr,
        )


def _wants_frame() -> bool:
    return not request.path.startswith(("/health/", "/metrics", "/manifest.json", "/.well-known/", "/auth/"))
