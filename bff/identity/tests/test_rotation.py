"""While the provider has another client secret than we do, whoever is signed in stays so."""

from bff.identity.tests.browser import Browser
from bff.identity.tests.site import SECRET, Site


def test_a_client_secret_may_be_wrong_for_a_while_without_anybody_signed_out(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session is not None
    provider = site.auth.party.provider
    provider._secret = "the one that the provider no longer takes"
    try:
        site.clock.ahead = session.tokens.expires_at - site.clock() - 10
        assert visitor.open(f"{site.url}/desk").path == "/desk"
        assert site.session(visitor) == session
    finally:
        provider._secret = SECRET
    assert visitor.open(f"{site.url}/desk").path == "/desk"
    renewed = site.session(visitor)
    assert renewed is not None
    assert renewed.tokens.expires_at > session.tokens.expires_at
