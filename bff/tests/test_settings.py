"""Settings are read whole, and everything that is wrong is said at once."""

import pytest

from bff.settings import Settings, SettingsError

COMPLETE = {
    "BIZOPS_BASE_URL": "https://portal.example",
    "BIZOPS_OIDC_ISSUER": "https://login.example/realms/hub",
    "BIZOPS_OIDC_CLIENT_ID": "portal",
    "BIZOPS_OIDC_CLIENT_SECRET": "s3cret",
    "BIZOPS_ACCESS_DATABASE_URL": "sqlite://",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(COMPLETE | changes)
    return refusal.value.problems


def test_complete_settings_are_read_with_their_defaults() -> None:
    settings = Settings.from_environment(COMPLETE)
    assert settings.base_url == "https://portal.example"
    assert (settings.environment, settings.idle_minutes, settings.cookie_secure) == ("production", 15, True)


def test_every_missing_setting_is_named_at_once_with_what_it_is_for() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({})
    named = " ".join(refusal.value.problems)
    assert all(name in named for name in COMPLETE)
    assert "BIZOPS_OIDC_ISSUER is not set. The OpenID provider's issuer URL." in refusal.value.problems


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("BIZOPS_IDLE_MINUTES", "soon", "BIZOPS_IDLE_MINUTES is 'soon', which is not a whole number."),
        ("BIZOPS_COOKIE_SECURE", "maybe", "BIZOPS_COOKIE_SECURE is 'maybe', which is not true or false."),
        ("BIZOPS_BASE_URL", "portal.example", "use an http or https URL without a slash at its end"),
        ("BIZOPS_BASE_URL", "https://portal.example/", "use an http or https URL without a slash at its end"),
        ("BIZOPS_ENVIRONMENT", "prod", "use one of sandbox, test, production"),
        ("BIZOPS_TIME_ZONE", "Nairobi", "no IANA time zone; use one like Africa/Nairobi"),
        ("BIZOPS_COOKIE_SECURE", "false", "which only a loopback http address may use"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(name: str, value: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(**{name: value}))


def test_a_secret_does_not_show_when_settings_are_printed() -> None:
    assert "s3cret" not in repr(Settings.from_environment(COMPLETE))
