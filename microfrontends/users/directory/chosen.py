"""Which directory the settings name."""

from microfrontends.users.directory import Directory
from microfrontends.users.directory.keycloak import KeycloakDirectory
from microfrontends.users.directory.line import Client
from microfrontends.users.directory.scim import SCOPE, ScimDirectory
from microfrontends.users.settings import UsersSettings


def directory_of(settings: UsersSettings) -> Directory:
    """The directory, opened with this app's own client."""
    known = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if settings.directory_kind == "keycloak":
        return KeycloakDirectory(settings.directory_url, Client(*known))
    return ScimDirectory(settings.directory_url, Client(*known, SCOPE))
