"""Which registrations the shell accepts, and how it names those that it does not."""

import pytest

from bff.settings import SettingsError
from shell.connections import Origin
from shell.settings import ShellSettings

COMPLETE = {
    "BIZOPS_BASE_URL": "https://portal.example",
    "BIZOPS_OIDC_ISSUER": "https://login.example",
    "BIZOPS_OIDC_CLIENT_ID": "shell",
    "BIZOPS_OIDC_CLIENT_SECRET": "secret",
    "BIZOPS_ACCESS_DATABASE_URL": "sqlite://",
}


def test_micro_frontends_are_registered_in_the_order_given() -> None:
    registered = "  beta=http://beta  alpha=https://alpha.internal:8443\n six=http://[::1]:8003/ "
    settings = ShellSettings.from_environment({**COMPLETE, "BIZOPS_MICROFRONTENDS": registered})
    origins = settings.origins()
    assert list(origins) == ["beta", "alpha", "six"]
    assert origins["alpha"] == Origin("https", "alpha.internal", 8443)
    assert [origin.authority for origin in origins.values()] == ["beta", "alpha.internal:8443", "[::1]:8003"]


@pytest.mark.parametrize(
    "registered",
    [
        "alpha",
        "alpha=",
        "alpha=ftp://alpha",
        "alpha=http://alpha/path",
        "alpha=http://user@alpha",
        "alpha=http://alpha:port",
        "Alpha=http://alpha",
        "auth=http://auth",
        "alpha=http://one alpha=http://two",
        "../alpha=http://alpha",
    ],
)
def test_a_wrong_registration_stops_the_shell_from_starting(registered: str) -> None:
    with pytest.raises(SettingsError, match="BIZOPS_MICROFRONTENDS"):
        ShellSettings.from_environment({**COMPLETE, "BIZOPS_MICROFRONTENDS": registered})


def test_a_shell_trusts_no_other_shell() -> None:
    with pytest.raises(SettingsError, match="BIZOPS_SHELL_URL"):
        ShellSettings.from_environment({**COMPLETE, "BIZOPS_SHELL_URL": "https://other.example"})
