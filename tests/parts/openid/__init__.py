"""Signing in at real OpenID providers: Keycloak, the certified `oidc-provider`, and the sandbox's own."""
