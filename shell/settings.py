"""What the shell must be told from outside, beyond what every app is told."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bff.settings import PREFIX, Settings, setting
from shell.connections import Origin
from shell.registry.addresses import Pattern, patterns
from shell.upstreams import Lane

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
# First parts of the shell's own paths: a micro-frontend of that name would never be reached.
TAKEN: Final = frozenset(
    {
        "api",
        "approvals",
        "audit",
        "auth",
        "gallery",
        "health",
        "metrics",
        "microfrontends",
        "preferences",
        "register",  # the form stands at /microfrontends/register, where the page of an app of that name would be
        "search",
        "sessions",
        "shell",
        "slots",
        "static",
    }
)


@dataclass(frozen=True, kw_only=True)
class ShellSettings(Settings):
    """The settings of the shell."""

    microfrontends: str = setting(
        "The micro-frontends, in the menu's order: name=URL, separated by spaces.", default=""
    )
    allowed_origins: str = setting(
        "Where micro-frontends may be that are registered while the portal runs, separated by spaces: "
        "http://*.apps.svc.cluster.local:8000, with * for one part of the host or for any port. Empty: nowhere.",
        default="",
    )
    discovery: str = setting(
        "kubernetes finds micro-frontends by the label of their services; empty finds none.", default=""
    )
    readers: str = setting(
        "Micro-frontends that may read, in the name of whoever asks them, what the others tell that person of requests "
        "and of people; separated by spaces.",
        default="reports",
    )
    assertion_keys: Path | None = setting(
        "File of the private keys that sign identity assertions, made when absent; unset keeps it in the state folder.",
        default=None,
    )
    main_seconds: float = setting("How long a page may take, from connecting to its last byte.", default=20.0)
    slot_seconds: float = setting("How long the fragments of a page may take together.", default=1.0)
    late_seconds: float = setting("How long a fragment may take that was too late for its page.", default=5.0)
    patience_seconds: float = setting(
        "How long a page knocks at a micro-frontend that refuses connections: it may be restarting.",
        default=1.5,
    )
    pages_at_once: int = setting("Pages that one micro-frontend is asked for at the same time.", default=12)
    fragments_at_once: int = setting("Fragments that one micro-frontend is asked for at the same time.", default=48)
    copies_bytes: int = setting(
        "Memory for copies of fragments that may be shown again, in each process. With Redis all processes share them; "
        "without, a change that went through one is not known to the others until a fragment's own max-age is over.",
        default=32_000_000,
    )
    copies_minutes: int = setting(
        "How old the last good copy of a fragment may be to stand in for one that fails.", default=60
    )
    gather_seconds: float = setting(
        "How long apps may take together to say what they hold for approval or in their audit.", default=4.0
    )
    stall_seconds: float = setting("How long a download or an upload may pause before it is cut.", default=60.0)
    upload_bytes: int = setting("The largest request body that is passed on.", default=20_000_000)

    def origins(self) -> dict[str, Origin]:
        """Where each micro-frontend listens. Raises ValueError with a sentence for the first that is wrong."""
        found: dict[str, Origin] = {}
        for item in self.microfrontends.split():
            name, _, url = item.partition("=")
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a micro-frontend; use small letters, digits and hyphens")
            if name in TAKEN or name in found:
                raise ValueError(f"the name {name!r} is taken; give the micro-frontend another")
            found[name] = Origin.of(url)
        return found

    def allowed(self) -> list[Pattern]:
        """Where micro-frontends may be registered by hand. Raises ValueError."""
        return patterns(self.allowed_origins)

    def shares(self) -> dict[Lane, int]:
        """How many requests of a kind one micro-frontend is given at the same time."""
        fragments, pages = self.fragments_at_once, self.pages_at_once
        return {Lane.PAGES: pages, Lane.FRAGMENTS: fragments, Lane.LATE: pages, Lane.DATA: fragments}

    def problems(self) -> list[str]:
        """What is wrong with values that are well-formed one by one."""
        found = super().problems()
        try:
            self.origins()
        except ValueError as problem:
            found.append(f"{PREFIX}MICROFRONTENDS: {problem}.")
        try:
            self.allowed()
        except ValueError as problem:
            found.append(f"{PREFIX}ALLOWED_ORIGINS: {problem}.")
        if self.discovery not in ("", "kubernetes"):
            found.append(f"{PREFIX}DISCOVERY is {self.discovery!r}; use kubernetes, or nothing.")
        if self.shell_url:
            found.append(f"{PREFIX}SHELL_URL is set, but the shell itself trusts no other shell; remove it.")
        return found
