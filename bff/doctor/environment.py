"""Whether the environment says what the app must be told, and nothing that nobody listens to."""

import dataclasses
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from inspect import getmembers, isclass

from bff.contract.vocabularies import apps
from bff.doctor.findings import Patient, Seen, note, ok, wrong
from bff.settings import PREFIX, Settings, is_loopback

OTHERS = frozenset({"BIZOPS_APP"})  # what `bizops serve` and `bizops work` read beside the settings
SHORT = 16  # letters of a secret that nobody guesses


def kind_of(package: str) -> type[Settings]:
    """The settings of a package's app: its own class, else what every app knows."""
    wanted = f"{package}.settings"
    try:
        members = getmembers(import_module(wanted), isclass)
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        return Settings
    return next((kind for _, kind in members if issubclass(kind, Settings) and kind is not Settings), Settings)


def all_kinds() -> list[type[Settings]]:
    """The settings of every installed app."""
    return [Settings, *(kind_of(package) for _, package in apps())]


def names_of(kind: type[Settings]) -> set[str]:
    """The variables that a class of settings reads."""
    return {PREFIX + field.name.upper() for field in dataclasses.fields(kind)}


def unheard(kind: type[Settings], environ: Mapping[str, str]) -> Iterator[Seen]:
    """Variables that look like settings and are none of this app's. Of another app's nothing is said."""
    known = OTHERS.union(*(names_of(each) for each in all_kinds()))
    for name in sorted(name for name in environ if name.startswith(PREFIX) and name not in known):
        near = get_close_matches(name, sorted(names_of(kind)), n=1, cutoff=0.7)
        meant = f"Did you mean {near[0]}? Rename it." if near else "Remove it, or look it up among the settings."
        yield wrong(f"{name} is set, and no app reads it.", meant)


def addresses(patient: Patient) -> Iterator[Seen]:
    """Whether people can sign in at the app's own address."""
    settings = patient.settings
    if is_loopback(settings.base_url):
        if settings.environment == "production":
            yield note(
                f"{settings.base_url} is on this machine only, and BIZOPS_ENVIRONMENT is production.",
                "Give BIZOPS_BASE_URL the address that browsers use.",
            )
        elif settings.cookie_secure:
            yield note("Safari keeps no Secure cookie of http://localhost.", "There, set BIZOPS_COOKIE_SECURE=false.")
        else:
            yield ok(f"{settings.base_url} is on this machine; its cookie needs no TLS.")
        return
    if settings.base_url.startswith("http://"):
        yield wrong(
            f"{settings.base_url} is not https: browsers keep no Secure cookie of it, so nobody can sign in.",
            "Put TLS in front, and give BIZOPS_BASE_URL the https address.",
        )
        return
    yield ok(f"{settings.base_url} is https; its cookies are Secure.")
    if not settings.trusted_proxies:
        yield note(
            "BIZOPS_TRUSTED_PROXIES is 0: behind a proxy all visitors count as one against BIZOPS_LOGIN_RATE.",
            "Set it to the number of proxies that add to X-Forwarded-For.",
        )


def strength(patient: Patient) -> Iterator[Seen]:
    """Whether secrets are long enough not to be guessed, and whether one replica may become two."""
    settings = patient.settings
    for name in ("oidc_client_secret", "metrics_token"):
        if any(len(part) < SHORT for part in str(getattr(settings, name)).split()):
            yield note(f"{PREFIX}{name.upper()} is shorter than {SHORT} letters.", "Have it made by a generator.")
    if settings.environment == "production" and not settings.sign_in_acr:
        yield note(
            "BIZOPS_SIGN_IN_ACR is empty: whether a sign-in needs a second factor is left to the provider.",
            "Have the provider ask for one, and name the acr by which it says so.",
        )
    if settings.environment == "production" and not settings.redis_url:
        yield note(
            "Sessions are kept in a file of this machine: a second replica would not know them.",
            "Name a Redis in BIZOPS_REDIS_URL before you run more than one.",
        )
    else:
        yield ok(f"The environment is {settings.environment}; days begin at midnight in {settings.time_zone}.")
