"""Which of the real parts the tests have run against: the figure `real_parts`, right also when many processes test."""

import fcntl
import shutil
from pathlib import Path
from typing import Final

from tests.figures import figure

PARTS: Final = (
    "redis",
    "postgresql",
    "mariadb",
    "keycloak",
    "keto",
    "second-openid-provider",
    "helm",
    "kubernetes-schemas",
    "kubernetes-api-server",
)
KEPT: Final = Path(__file__).parents[2] / "build" / "parts"


def ran(part: str) -> None:
    """Say that a part has been started for a test: it counts once. Raises ValueError for one not listed."""
    if part not in PARTS:
        raise ValueError(f"{part} is none of the real parts: {', '.join(PARTS)}")
    KEPT.mkdir(parents=True, exist_ok=True)
    if (KEPT / part).exists():
        return
    with (KEPT / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (KEPT / part).touch()
        figure("real_parts", f"{len(names := parts_run())}/{len(PARTS)}", "+".join(names))


def parts_run() -> list[str]:
    """The parts that have run since `forget`."""
    return [part for part in PARTS if (KEPT / part).exists()]


def forget() -> None:
    """Begin anew, as a whole run of the tests does."""
    shutil.rmtree(KEPT, ignore_errors=True)
