"""What the provider says of itself (OpenID Connect Discovery 1.0) and its health."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for

from sandbox.provider.authorization import MULTIPLE, PASSWORD, USER_SCOPES
from sandbox.provider.keys import ALGORITHM
from sandbox.provider.state import provider

blueprint = Blueprint("discovery", __name__)
ENDPOINTS = {
    "authorization_endpoint": "sign_in.authorize",
    "pushed_authorization_request_endpoint": "pushed.push",
    "token_endpoint": "token.token",
    "revocation_endpoint": "token.revoke",
    "userinfo_endpoint": "token.userinfo",
    "end_session_endpoint": "sign_out.end_session",
    "jwks_uri": "discovery.jwks",
}
CLAIMS = ["sub", "name", "preferred_username", "email", "email_verified", "acr", "amr", "auth_time", "sid"]


@blueprint.get("/.well-known/openid-configuration")
def configuration() -> dict[str, Any]:
    """The metadata that a client reads first."""
    authentication = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": provider().issuer,
        **{name: provider().issuer + url_for(endpoint) for name, endpoint in ENDPOINTS.items()},
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_methods_supported": authentication,
        "acr_values_supported": [PASSWORD, MULTIPLE],
        "scopes_supported": list(USER_SCOPES),
        "claims_supported": CLAIMS,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "prompt_values_supported": ["none", "login", "select_account"],
        "ui_locales_supported": ["en", "fr"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


@blueprint.get("/jwks")
def jwks() -> Response:
    """The public keys."""
    return jsonify(provider().tokens.signer.public())


@blueprint.get("/health/live")
@blueprint.get("/health/ready")
def health() -> dict[str, str]:
    """Says that the provider answers; it needs nothing beside its own files."""
    return {"status": "ok"}


@blueprint.get("/")
def index() -> str:
    """Says what this is, and where its applications are."""
    return render_template("index.html", clients=[client for client in provider().clients if client.base_url])
