"""An OpenID provider with a SCIM directory, for development and tests on loopback; never for production."""

from sandbox.provider.app import Files, create_app

__all__ = ["Files", "create_app"]
