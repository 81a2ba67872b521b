"""Decides who may verify the shell's assertions: everyone, with the public halves of its keys."""

from flask import Blueprint, Response, jsonify

from bff.access.permissions import public
from shell.platform import Platform

# Shorter than the time for which a new key is published before it signs.
CACHED_SECONDS = 60


def blueprint(platform: Platform) -> Blueprint:
    """GET /.well-known/jwks.json."""
    keys = Blueprint("keys", __name__)

    @keys.get("/.well-known/jwks.json")
    @public
    def jwks() -> Response:
        response = jsonify(platform.keys.jwks())
        response.mimetype = "application/jwk-set+json"
        response.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
        return response

    return keys
