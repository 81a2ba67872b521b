"""What an authorization request asks for, and whether it may: OpenID Connect Core 3.1.2, RFC 7636, RFC 8707."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.clients import Client, Clients
from sandbox.provider.errors import Refused, Unaddressed

PASSWORD, MULTIPLE = "pwd", "mfa"  # the two values of acr
USER_SCOPES = ("openid", "profile", "email")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

Parameters = Mapping[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """An authorization request that is in order."""

    client: Client
    redirect_uri: str
    state: str | None
    scope: tuple[str, ...]
    nonce: str
    challenge: str
    prompts: frozenset[str]
    max_age: int | None
    second_factor: bool
    resources: tuple[str, ...]
    login_hint: str


def addressee(parameters: Parameters, clients: Clients) -> tuple[Client, str]:
    """The client that asks and where the answer goes. Raises Unaddressed: such a request must not be redirected."""
    client = clients.get(_one(parameters, "client_id"))
    redirect_uri = _one(parameters, "redirect_uri")
    if client is None or redirect_uri not in client.redirect_uris:
        raise Unaddressed
    return client, redirect_uri


def understand(parameters: Parameters, clients: Clients) -> Asked:
    """The request in our own terms. Raises Unaddressed, or Refused with the error for the client."""
    client, redirect_uri = addressee(parameters, clients)
    _refuse_what_is_not_offered(parameters)
    prompts = frozenset(_one(parameters, "prompt").split())
    scope = tuple(word for word in _one(parameters, "scope").split() if word in USER_SCOPES)
    challenge = _one(parameters, "code_challenge")
    nonce = _one(parameters, "nonce")
    resources = tuple(parameters.get("resource", ()))
    if "openid" not in scope:
        raise Refused("invalid_scope", "scope must contain openid")
    if not CHALLENGE.fullmatch(challenge) or _one(parameters, "code_challenge_method") != "S256":
        raise Refused("invalid_request", "PKCE is required, with code_challenge_method S256")
    if not nonce:
        raise Refused("invalid_request", "nonce is required")
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Refused("invalid_request", "prompt is unknown, or none stands beside another")
    check_audience(resources, clients)
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        state=_one(parameters, "state") or None,
        scope=scope,
        nonce=nonce,
        challenge=challenge,
        prompts=prompts,
        max_age=_max_age(parameters),
        second_factor=_second_factor(parameters),
        resources=resources,
        login_hint=_one(parameters, "login_hint"),
    )


def check_audience(resources: tuple[str, ...], clients: Clients, own: frozenset[str] = frozenset()) -> None:
    """Raises Refused when an access token is asked for something that is neither a client of ours nor `own`."""
    if unknown := set(resources) - clients.audiences() - own:
        raise Refused("invalid_target", f"unknown resource: {', '.join(sorted(unknown))}")


def _one(parameters: Parameters, name: str) -> str:
    values = parameters.get(name) or [""]
    return values[0]


def _refuse_what_is_not_offered(parameters: Parameters) -> None:
    if repeated := [name for name, values in parameters.items() if len(values) > 1 and name != "resource"]:
        raise Refused("invalid_request", f"given more than once: {', '.join(sorted(repeated))}")
    if _one(parameters, "response_type") != "code":
        raise Refused("unsupported_response_type", "response_type must be code")
    if _one(parameters, "response_mode") not in ("", "query"):
        raise Refused("invalid_request", "response_mode must be query")
    if _one(parameters, "request"):
        raise Refused("request_not_supported", "request objects are not supported")


def _max_age(parameters: Parameters) -> int | None:
    text = _one(parameters, "max_age")
    if text and not text.isdecimal():
        raise Refused("invalid_request", "max_age must be a number of seconds")
    return int(text) if text else None


def _second_factor(parameters: Parameters) -> bool:
    """Whether only a sign-in with a second factor will do: a weaker one that is listed too would be enough."""
    wanted = [*_one(parameters, "acr_values").split(), *_essential_acr(_one(parameters, "claims"))]
    return MULTIPLE in wanted and PASSWORD not in wanted


def _essential_acr(claims: str) -> list[str]:
    try:
        asked: Any = json.loads(claims or "{}")
        acr = (asked.get("id_token") or {}).get("acr") or {}
        return [str(value) for value in [*acr.get("values", []), *filter(None, [acr.get("value")])]]
    except (ValueError, AttributeError, TypeError):
        raise Refused("invalid_request", "claims is not the JSON object that it should be") from None
