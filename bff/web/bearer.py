"""The third way in: a client of the provider calls an API directly, with an access token and nothing else."""

from dataclasses import dataclass
from typing import Self

import structlog
from flask import Flask, Response, current_app, request
from flask_babel import gettext as _

from bff.access.rights import Access
from bff.change.audit import NOBODY, Actor, Happening, Outcome, audit_log
from bff.errors import TokenRefused, TooOften, UnknownClient
from bff.identity.bearer import RefusedToken, Required, caller_of
from bff.identity.current import auth_of_app
from bff.identity.jwks import REFETCH_S, KeysUnavailable
from bff.identity.principal import Identity
from bff.identity.tokens import InvalidToken
from bff.settings import Settings
from bff.web.failures import Failure, answer
from bff.web.locale import spoken
from bff.web.rates import Rate

API = "/api/"
GRANTING = "users:role:assign"  # whoever holds it lets a client in
log = structlog.get_logger()


def presented() -> str | None:
    """The access token of a request to an API of this app's own; pages, and what the shell passes on, take none."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if request.url_rule is None or not request.url_rule.rule.startswith(API) or scheme.lower() != "bearer":
        return None
    return token.strip()


@dataclass(frozen=True)
class Bearers:
    """Lets clients in: who by the token, what they may by the store of roles, as it is now."""

    required: Required
    rate: Rate
    access: Access

    @classmethod
    def of(cls, settings: Settings, access: Access) -> Self:
        """As the settings say."""
        required = Required(settings.oidc_issuer, settings.api_audience or settings.base_url, settings.api_scope)
        return cls(required, Rate(settings.api_rate, settings.redis_url, "client"), access)

    def identity(self, token: str) -> Identity:
        """The client's identity. Raises TokenRefused, TooOften, KeysUnavailable, StoreUnavailable."""
        try:
            caller = caller_of(token, auth_of_app().party.provider.keys, self.required)
        except InvalidToken as problem:
            log.warning("access_token_refused", reason=problem.reason)
            if isinstance(problem, RefusedToken):
                self._remember(problem)
            raise TokenRefused(problem.reason, self.required.scope if problem.reason == "scope" else "") from problem
        self.rate.spend(caller.client_id)
        rights = self.access.rights(caller.subject)
        return Identity(
            subject=caller.subject,
            name=caller.client_id,
            username=caller.client_id,
            participants=rights.participants,
            hub=rights.hub,
            permissions=rights.permissions,
            roles=rights.roles,
            csrf="",
            session=caller.token,
            machine=True,
        )

    def _remember(self, problem: RefusedToken) -> None:
        # Only what the provider has signed: with anything else whoever likes could fill the audit. One that is merely
        # too old comes from every client that looks at the clock too late.
        client, subject = (str(problem.told.get(name) or "")[:200] for name in ("azp", "sub"))
        client = client or str(problem.told.get("client_id") or "")[:200]
        self.rate.spend(client)
        if problem.reason != "exp":
            _refused(f"client:{client}", {"why": problem.reason, "subject": subject}, NOBODY)


def admit(who: Identity) -> None:
    """Raise UnknownClient for one whom nobody has let in."""
    if not who.roles and not who.participants:
        _refused(f"client:{who.username}", {"why": "unknown", "subject": who.subject}, Actor.of(who))
        raise UnknownClient(who.username, who.subject)


def _refused(target: str, facts: dict[str, str], actor: Actor) -> None:
    told = {**facts, "method": request.method, "path": request.path[:200]}
    audit_log().attempt(Happening(action="client.refused", outcome=Outcome.REFUSED, target=target, detail=told), actor)


def token_refused(refusal: TokenRefused) -> Response:
    """401, or 403 where only a scope is missing; which check failed stands in our log alone (RFC 6750, section 3)."""
    if refusal.scope:
        sentence = _("The access token lacks the scope “%(scope)s”.", scope=refusal.scope)
        told = answer(Failure(403, _("You may not do this"), sentence))
        challenge = f'Bearer error="insufficient_scope", scope="{refusal.scope}"'
    else:
        told = answer(Failure(401, _("Not signed in"), _("The access token is not valid for this address.")))
        challenge = 'Bearer error="invalid_token"'
    told.headers["WWW-Authenticate"] = challenge
    return told


def unknown_client(error: UnknownClient) -> Response:
    """403 that says which client asked, and who lets it in."""
    book = current_app.extensions["portal_access"].book
    givers = ", ".join(spoken(role.title) for role in book.holders(GRANTING))
    facts = {"client": error.client[:100], "subject": error.subject[:100]}
    sentence = _("The client “%(client)s” (subject %(subject)s) holds no role and belongs to no participant.", **facts)
    grant = _("These roles may give it one: %(roles)s.", roles=givers) if givers else ""
    return answer(Failure(403, _("This client is not known here"), f"{sentence} {grant}".strip()))


def too_often(error: TooOften) -> Response:
    """429 that says when to ask again."""
    told = answer(Failure(429, _("Too many attempts"), _("Wait a minute, then try again.")))
    told.headers["Retry-After"] = str(error.seconds)
    return told


def keys_unavailable(_error: KeysUnavailable) -> Response:
    """503: the token may be good, and its key is not known while the provider does not answer."""
    sentence = _("The identity provider does not answer, so the access token cannot be checked. Try again in a moment.")
    told = answer(Failure(503, _("The identity provider does not answer"), sentence))
    told.headers["Retry-After"] = str(int(REFETCH_S))
    return told


def install(app: Flask) -> None:
    """Map what may go wrong with a client's request."""
    app.register_error_handler(TokenRefused, token_refused)
    app.register_error_handler(UnknownClient, unknown_client)
    app.register_error_handler(TooOften, too_often)
    app.register_error_handler(KeysUnavailable, keys_unavailable)
