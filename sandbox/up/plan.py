"""What runs: the command, port and settings of each process of a portal."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.up.ports import HELLO, ports_from
from sandbox.up.process import Program

USERS_FILE = Path(__file__).parents[1] / "users.yaml"
MACHINES_FILE = USERS_FILE.with_name("machines.yaml")
MICROFRONTENDS = ("settlement", "reports", "users")
WORKERS = ("settlement", "reports")  # the apps with work that outlives a request
APPS = ("shell", *MICROFRONTENDS)
TITLES = {
    "shell": "BizOps Portal",
    "settlement": "Settlement",
    "reports": "Reports",
    "users": "Users",
    "hello": "Hello",
}
READY = {"hub": "/health"}  # as the real hub has it
TRAFFIC_EVERY = "5"  # seconds between two transfers
OWN_SCOPES = {"users": ["scim"]}  # what a client may ask for in its own name


@dataclass(frozen=True)
class Plan:
    """One portal: where it listens, where its state is, and what its users want otherwise."""

    port: int
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    microfrontends: Mapping[str, str] = field(default_factory=dict)
    live: bool = False  # whether the hub makes traffic of its own

    @property
    def urls(self) -> dict[str, str]:
        """The base URL of each process."""
        return {name: f"http://localhost:{port}" for name, port in ports_from(self.port).items()}

    @property
    def registered(self) -> dict[str, str]:
        """The micro-frontends that the shell composes: ours, and those that somebody adds."""
        return {name: self.urls[name] for name in MICROFRONTENDS} | dict(self.microfrontends)

    @property
    def access_database(self) -> str:
        """The store of roles and participants that all apps share."""
        return self.database("access")

    def database(self, name: str) -> str:
        """The URL of a SQLite database in the folder."""
        return f"sqlite:///{self.folder / name}.db"

    def programs(self, secrets: Mapping[str, str]) -> list[Program]:
        """Every process, in the order in which they are started."""
        commands = {
            "provider": self._provider(),
            "hub": self._hub(),
            **{name: _serve(name, self.port_of(name)) for name in (*MICROFRONTENDS, "shell")},
        }
        settings = {name: self.settings_of(name, secrets[name]) for name in APPS}
        # The shell comes last: it looks for the others as soon as it is there.
        listening = [
            Program(name, words, self.port_of(name), settings.get(name, {}), READY.get(name, "/health/ready"))
            for name, words in commands.items()
        ]
        return [*listening, *(self._worker(name, settings[name]) for name in WORKERS)]

    def port_of(self, name: str) -> int:
        """The port of one process."""
        return ports_from(self.port)[name]

    def settings_of(self, name: str, secret: str) -> dict[str, str]:
        """The settings of one app; what was wished for otherwise wins."""
        own = {
            "BIZOPS_BASE_URL": self.urls[name],
            "BIZOPS_ENVIRONMENT": "sandbox",
            "BIZOPS_TIME_ZONE": "Africa/Nairobi",
            "BIZOPS_LOGIN_RATE": "300 per minute",
            "BIZOPS_STATE_DIR": str(self.folder / name),
            "BIZOPS_DATABASE_URL": self.database(name),
            "BIZOPS_ACCESS_DATABASE_URL": self.access_database,
            "BIZOPS_OIDC_ISSUER": self.urls["provider"],
            "BIZOPS_OIDC_CLIENT_ID": name,
            "BIZOPS_OIDC_CLIENT_SECRET": secret,
        }
        return {**own, **(self._host() if name == "shell" else self._guest()), **self.settings}

    def clients(self, secrets: Mapping[str, str]) -> list[dict[str, object]]:
        """The provider's clients: each app, and the example of a stranger's."""
        urls = {name: self.urls.get(name, f"http://localhost:{self.port + HELLO}") for name in TITLES}
        return [
            {
                "client_id": name,
                "client_secret": secrets[name],
                "name": title,
                "base_url": urls[name],
                "redirect_uris": [f"{urls[name]}/auth/callback"],
                "post_logout_redirect_uris": [f"{urls[name]}/auth/signed-out"],
                "backchannel_logout_uri": f"{urls[name]}/auth/backchannel-logout",
                "scopes": OWN_SCOPES.get(name, []),
            }
            for name, title in TITLES.items()
        ]

    @property
    def clients_file(self) -> Path:
        """Where the provider reads its clients."""
        return self.folder / "provider" / "clients.json"

    @property
    def report_files(self) -> Path:
        """Where whoever writes a report puts its file: it is served as soon as it is there."""
        return self.folder / "report-files"

    @property
    def assertion_keys(self) -> Path:
        """Where the shell's signing keys are."""
        return self.folder / "secrets" / "assertion-keys.json"

    def _host(self) -> dict[str, str]:
        return {
            "BIZOPS_MICROFRONTENDS": _listing(self.registered),
            "BIZOPS_ALLOWED_ORIGINS": "http://localhost:*",
            "BIZOPS_ASSERTION_KEYS": str(self.assertion_keys),
        }

    def _guest(self) -> dict[str, str]:
        return {
            "BIZOPS_SHELL_URL": self.urls["shell"],
            "BIZOPS_MICROFRONTENDS": _listing(self.registered | {"shell": self.urls["shell"]}),
            "BIZOPS_HUB_LEDGER_URL": self.urls["hub"],
            "BIZOPS_HUB_SETTLEMENT_URL": f"{self.urls['hub']}/v2",
            "BIZOPS_HUB_DATABASE_URL": self.database("hub"),
            "BIZOPS_REPORTS_DIR": str(self.report_files),
            # So that there is something to open from the first minute on.
            "BIZOPS_PACK_LOOK_BACK_HOURS": "24",
            "BIZOPS_DIRECTORY_URL": f"{self.urls['provider']}/scim/v2",
        }

    def _worker(self, name: str, settings: Mapping[str, str]) -> Program:
        beat = self.folder / name / "worker.beat"
        told = {**settings, "BIZOPS_WORKER_BEAT": str(beat)}
        return Program(f"{name}-worker", _bizops("work", name), 0, told, beat=beat)

    def _provider(self) -> tuple[str, ...]:
        files = (
            "--users",
            str(USERS_FILE),
            "--machines",
            str(MACHINES_FILE),
            "--clients",
            str(self.clients_file),
            "--state",
            str(self.clients_file.parent),
        )
        return (sys.executable, "-m", "sandbox.provider", "--port", str(self.port_of("provider")), *files)

    def _hub(self) -> tuple[str, ...]:
        own = ("--port", str(self.port_of("hub")), "--database", self.database("hub"), "--faults")
        return (sys.executable, "-m", "sandbox.hub", *own, *(["--live", TRAFFIC_EVERY] if self.live else []))


def _listing(urls: Mapping[str, str]) -> str:
    return " ".join(f"{name}={url}" for name, url in urls.items())


def _serve(name: str, port: int) -> tuple[str, ...]:
    return _bizops("serve", name, "--port", str(port))


def _bizops(*words: str) -> tuple[str, ...]:
    # Not the `bizops` script: it is found through PATH, and might be another environment's.
    return (sys.executable, "-c", "from bff.cli import main; main()", *words)
