"""Codes, refresh tokens and client credentials for tokens; what an access token tells; and their revocation."""

from typing import Any

from flask import Blueprint, request

from sandbox.provider.authorization import check_audience
from sandbox.provider.clients import Client
from sandbox.provider.errors import Refused
from sandbox.provider.grants import Grant
from sandbox.provider.people import Person
from sandbox.provider.sessions import Session
from sandbox.provider.state import provider
from sandbox.provider.tokens import ACCESS_TOKEN, ACCESS_TOKEN_LIFE, claims_about
from sandbox.provider.web import bearer_claims, calling_client

blueprint = Blueprint("token", __name__)


@blueprint.post("/token")
def token() -> dict[str, Any]:
    """The token endpoint. Raises Refused."""
    client = calling_client()
    kind = request.form.get("grant_type")
    if kind == "authorization_code":
        form = request.form
        code, address, verifier = (form.get(name, "") for name in ("code", "redirect_uri", "code_verifier"))
        return _for_a_person(provider().grants.redeem(code, client.client_id, address, verifier))
    if kind == "refresh_token":
        return _refreshed(client)
    if kind == "client_credentials":
        return _for_a_client(client)
    raise Refused("unsupported_grant_type", "use authorization_code, refresh_token or client_credentials")


@blueprint.post("/revoke")
def revoke() -> tuple[str, int]:
    """Revoke a token of the calling client and all of the same sign-in (RFC 7009); silent about others' tokens."""
    client, value = calling_client(), request.form.get("token", "")
    grant = provider().grants.behind(value, client.client_id)
    claims = provider().tokens.signer.read(value, ACCESS_TOKEN)
    if grant:
        provider().grants.revoke(grant.grant_id)
    elif claims and claims["client_id"] == client.client_id:
        provider().grants.revoke(claims["grant"])
    return "", 200


@blueprint.route("/userinfo", methods=["GET", "POST"])
def userinfo() -> dict[str, Any] | tuple[str, int, dict[str, str]]:
    """What the access token lets its bearer know of the person."""
    claims = bearer_claims(frozenset({provider().issuer}))
    person = provider().people.get(claims["sub"]) if claims and "openid" in claims["scope"].split() else None
    if claims is None or person is None or not person.active:
        return "", 401, {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'}
    return claims_about(person, tuple(claims["scope"].split()))


def _for_a_person(grant: Grant) -> dict[str, Any]:
    session, person = _still_signed_in(grant)
    access_token = provider().tokens.access_token(grant, session)
    return {
        **_bearer(access_token, grant),
        "refresh_token": provider().grants.refresh_token(grant),
        "id_token": provider().tokens.id_token(grant, person, session, access_token),
    }


def _still_signed_in(grant: Grant) -> tuple[Session, Person]:
    session = provider().sessions.get(grant.sid)
    person = provider().people.get(session.subject) if session else None
    if session is None or person is None or not person.active:
        raise Refused("invalid_grant", "the session has ended or the person may no longer sign in")
    return session, person


def _refreshed(client: Client) -> dict[str, Any]:
    grant = provider().grants.rotate(request.form.get("refresh_token", ""), client.client_id)
    if not set(request.form.get("scope", "").split()) <= set(grant.scope):
        raise Refused("invalid_scope", "a refresh cannot widen the scope")
    return _for_a_person(Grant(grant.client_id, grant.scope, grant.resources, grant.sid, grant_id=grant.grant_id))


def _for_a_client(client: Client) -> dict[str, Any]:
    resources = (*request.form.getlist("resource"), *request.form.getlist("audience"))
    check_audience(resources, provider().clients, frozenset({provider().issuer, f"{provider().issuer}/scim/v2"}))
    asked = tuple(request.form.get("scope", "").split()) or client.scopes
    if not set(asked) <= set(client.scopes):
        raise Refused("invalid_scope", "the client may not ask for this scope")
    _let_in(client)
    grant = provider().grants.open(Grant(client.client_id, asked, resources))
    return _bearer(provider().tokens.access_token(grant, None), grant)


def _let_in(client: Client) -> None:
    """A machine of the directory comes as people come: only while it is active, and it is remembered when."""
    machine = provider().people.get(client.client_id)
    if machine is None:
        return
    if not machine.active:
        raise Refused("unauthorized_client", "the client has been made inactive")
    provider().people.saw(machine.subject, provider().clock())


def _bearer(access_token: str, grant: Grant) -> dict[str, Any]:
    scope = {"scope": " ".join(grant.scope)} if grant.scope else {}
    return {"access_token": access_token, "token_type": "Bearer", "expires_in": ACCESS_TOKEN_LIFE, **scope}
