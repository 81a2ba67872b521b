"""Authorization requests that clients send ahead, so that the browser carries only their name (RFC 9126)."""

import secrets

from flask import Blueprint, Response, jsonify, request

from sandbox.provider.authorization import Parameters, addressee, understand
from sandbox.provider.errors import Expired, Refused, Unaddressed
from sandbox.provider.state import provider
from sandbox.provider.web import calling_client

blueprint = Blueprint("pushed", __name__)
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFE = 600  # long enough to type a password


@blueprint.post("/par")
def push() -> tuple[Response, int]:
    """Keep a request under a name that only its client knows."""
    client = calling_client()
    parameters = request.form.to_dict(flat=False) | {"client_id": [client.client_id]}
    parameters.pop("client_secret", None)
    if "request_uri" in parameters:
        raise Refused("invalid_request", "a pushed request may not name another")
    try:
        addressee(parameters, provider().clients)
    except Unaddressed:
        raise Refused("invalid_request", "redirect_uri is not registered") from None
    understand(parameters, provider().clients)
    name = PREFIX + secrets.token_urlsafe(24)
    provider().store.put("pushed", name, parameters, provider().clock() + LIFE)
    return jsonify(request_uri=name, expires_in=LIFE), 201


def resolve(given: Parameters) -> Parameters:
    """The request itself: what was pushed when `given` names it, else `given`. Raises Expired."""
    name = (given.get("request_uri") or [""])[0]
    if not name:
        return given
    pushed = provider().store.get("pushed", name)
    if pushed is None or pushed["client_id"] != given.get("client_id"):
        raise Expired
    return pushed


def spend(given: Parameters) -> None:
    """Forget a pushed request that has been answered: its name works once."""
    for name in given.get("request_uri", ()):
        provider().store.delete("pushed", name)
