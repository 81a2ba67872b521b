"""An OpenID provider with a SCIM directory, for development and tests on loopback; never for production."""

from sandbox.provider.app import create_app

__all__ = ["create_app"]
