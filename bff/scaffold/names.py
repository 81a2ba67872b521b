"""Which names a new micro-frontend may have: the shell can mount it, Python import it, nobody else has it."""

import keyword
import re
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Final

from bff.serve import GROUP

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")  # as the manifest's schema has it
# Where the shell serves something of its own: an app of that name would never be reached.
SHELLS: Final = frozenset(
    {"api", "approvals", "areas", "audit", "auth", "favicon", "gallery", "health", "help", "manifest", "metrics"}
    | {"microfrontends", "preferences", "search", "sessions", "shell", "slots", "static", "tasks", "well-known"}
)
# Folders that a package's own checkout has, or that tools give a meaning.
_OURS: Final = frozenset({"access", "app", "docs", "examples", "helm", "images", "test", "tests", "var"})


class NameRefused(Exception):
    """The name cannot be used; the message says why and what can."""


def package_of(name: str) -> str:
    """The Python package of a micro-frontend."""
    return name.replace("-", "_")


def refuse(name: str) -> None:
    """Raise NameRefused unless a new micro-frontend may have this name."""
    package = package_of(name)
    if not _NAME.fullmatch(name) or name.endswith("-") or "--" in name:
        raise NameRefused(
            f"{name!r} cannot be a name: use small letters, digits and single hyphens, a letter first, 32 at most."
        )
    if name in SHELLS or name in _OURS:
        raise NameRefused(f"{name!r} already means something to the portal. Use another name.")
    if name in entry_points(group=GROUP).names:
        raise NameRefused(f"There is an app {name!r} already. Use another name.")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or find_spec(package):
        raise NameRefused(f"Python has a {package!r} of its own. Use another name.")
