"""Whether the Python packages are here that the processes need."""

import re
from importlib import metadata

from sandbox.up.problem import Problem

DISTRIBUTION = "bizops-portal"
NEEDED_EXTRA = "reports"


def require_packages() -> None:
    """Raises Problem naming every package that is not installed."""
    missing = [name for name in _required() if not _installed(name)]
    if missing:
        raise Problem(
            f"Python packages are missing: {', '.join(missing)}. "
            f"`make run` installs them; by hand: pip install -e '.[{NEEDED_EXTRA}]'"
        )


def _required() -> list[str]:
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        raise Problem(
            f"{DISTRIBUTION} itself is not installed. `make run` does it; by hand: pip install -e ."
        ) from None
    wanted = [line for line in lines if "extra ==" not in line or f"'{NEEDED_EXTRA}'" in line.replace('"', "'")]
    return sorted(name[0] for line in wanted if (name := re.match(r"[\w.-]+", line)))


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
