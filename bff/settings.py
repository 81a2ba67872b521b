"""What an app must be told from outside: read once from the environment, refused as a whole when anything is wrong."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "BIZOPS_"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ENVIRONMENTS = ("sandbox", "test", "production")


class SettingsError(Exception):
    """Every missing or wrong setting of an app, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def setting(sentence: str, *, default: Any = dataclasses.MISSING, secret: bool = False) -> Any:
    """A field that says what it is for; `secret` keeps its value out of any printed form."""
    return field(default=default, repr=not secret, metadata={"sentence": sentence, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings that every app knows. An app adds its own by inheriting."""

    base_url: str = setting("The public URL of this app, without a path, as browsers reach it.")
    environment: str = setting("sandbox, test or production; shown in the top bar of every page.", default="production")
    time_zone: str = setting("The hub's time zone (IANA name): days and clocks are shown in it.", default="UTC")
    state_dir: Path = setting(
        "Folder for embedded stores: sessions, keys, the app's own database.", default=Path("var")
    )
    drain_seconds: float = setting(
        "How long to go on serving after the order to stop, not ready any more, until balancers have noticed; "
        "of the 20 s that stopping may take.",
        default=0.0,
    )
    log_level: str = setting("DEBUG, INFO, WARNING or ERROR.", default="INFO")
    redis_url: str = setting(
        "Redis for sessions and rate limits; empty keeps both in embedded stores.", default="", secret=True
    )
    oidc_issuer: str = setting("The OpenID provider's issuer URL.")
    oidc_client_id: str = setting("This app's client id at the OpenID provider.")
    oidc_client_secret: str = setting("This app's client secret at the OpenID provider.", secret=True)
    database_url: str = setting(
        "This app's own database (SQLAlchemy URL); empty keeps it in the state folder.", default="", secret=True
    )
    audit_keys: Path | None = setting(
        "File of the keys that sign the audit, one for all processes of the app; unset keeps it in the state folder.",
        default=None,
    )
    access_database_url: str = setting(
        "Who holds which role and participant: a SQLAlchemy URL, or keto://host:4466?write=host:4467.",
        secret=True,
    )
    roles_dir: Path | None = setting(
        "Folder of role and exclusion files, read again when they change; unset: the standard roles.", default=None
    )
    shell_url: str = setting("The shell whose identity assertions this app trusts; empty: none.", default="")
    shell_keys: Path | None = setting("File of the shell's public keys (a JWK set); unset: asked of it.", default=None)
    idle_minutes: int = setting("A session without activity ends after so many minutes.", default=15)
    session_hours: int = setting("A session ends after so many hours, whatever happens in it.", default=8)
    cookie_secure: bool = setting("Secure cookies; may be false only on a loopback http address.", default=True)
    sign_in_acr: str = setting(
        "How every sign-in must be proven, in the provider's acr values, any of these, separated by spaces; "
        "empty: as the provider likes.",
        default="",
    )
    login_rate: str = setting("How often one address may start or finish a login.", default="30 per minute")
    api_audience: str = setting(
        "What an access token must name as its audience to open this app's /api; empty: the app's base URL.", default=""
    )
    api_scope: str = setting("The scope that an access token must have to open /api; empty: none.", default="")
    api_rate: str = setting("How often one machine client may call this app's /api.", default="600 per minute")
    trusted_proxies: int = setting("How many proxies in front may be believed about a visitor's address.", default=0)
    slow_ms: int = setting("What takes longer than so many milliseconds is logged as slow.", default=500)
    otlp_endpoint: str = setting(
        "Collector that takes traces by OTLP over HTTP, without a path, as http://collector:4318; empty: none.",
        default="",
    )
    metrics_token: str = setting(
        "Bearer tokens for /metrics, separated by spaces, each good; without one only loopback may read it.",
        default="",
        secret=True,
    )

    @property
    def own_database(self) -> str:
        """The URL of the app's own database: its tasks and its audit, and what the app itself keeps."""
        return self.database_url or f"sqlite:///{self.state_dir / 'app.sqlite'}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings as the environment has them. Raises SettingsError naming every problem at once."""
        source = os.environ if environ is None else environ
        problems: list[str] = []
        values: dict[str, Any] = {}
        hints = get_type_hints(cls)
        for item in dataclasses.fields(cls):
            name = PREFIX + item.name.upper()
            raw = source.get(name, "")
            if raw:
                _parse_into(values, problems, name, raw, (item.name, hints[item.name]))
            elif item.default is dataclasses.MISSING:
                problems.append(f"{name} is not set. {item.metadata['sentence']}")
        if not problems:
            settings = cls(**values)
            problems.extend(settings.problems())
        if problems:
            raise SettingsError(problems)
        return settings

    def problems(self) -> list[str]:
        """What is wrong with values that are well-formed one by one."""
        found = [*_url_problems("BASE_URL", self.base_url), *_url_problems("OIDC_ISSUER", self.oidc_issuer)]
        if self.shell_url:
            found += _url_problems("SHELL_URL", self.shell_url)
        if self.otlp_endpoint:
            found += _url_problems("OTLP_ENDPOINT", self.otlp_endpoint)
            if find_spec("opentelemetry") is None:
                found.append(f"{PREFIX}OTLP_ENDPOINT is set, but the extra 'telemetry' is not installed; install it.")
        if self.environment not in ENVIRONMENTS:
            found.append(f"{PREFIX}ENVIRONMENT is {self.environment!r}; use one of {', '.join(ENVIRONMENTS)}.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            found.append(
                f"{PREFIX}TIME_ZONE is {self.time_zone!r}, which is no IANA time zone; use one like Africa/Nairobi."
            )
        if not self.cookie_secure and not is_loopback(self.base_url):
            found.append(f"{PREFIX}COOKIE_SECURE is false, which only a loopback http address may use; remove it.")
        return found


def is_loopback(url: str) -> bool:
    """Whether the URL is plain http on this machine, where a laptop's sandbox runs."""
    parts = urlsplit(url)
    return parts.scheme == "http" and (parts.hostname in LOOPBACK or (parts.hostname or "").endswith(".localhost"))


def _url_problems(name: str, url: str) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or url.endswith("/"):
        return [f"{PREFIX}{name} is {url!r}; use an http or https URL without a slash at its end."]
    return []


def _parse_into(values: dict[str, Any], problems: list[str], name: str, raw: str, target: tuple[str, Any]) -> None:
    key, kind = target
    try:
        values[key] = _parse(kind, raw)
    except ValueError:
        problems.append(f"{name} is {raw!r}, which is not {_WORDS.get(kind, 'valid here')}.")


_WORDS = {int: "a whole number", float: "a number", bool: "true or false"}


def _parse(kind: Any, raw: str) -> Any:
    if kind is bool:
        if raw.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise ValueError(raw)
        return raw.lower() in ("true", "1", "yes")
    if kind in (int, float, str):
        return kind(raw)
    return Path(raw)
