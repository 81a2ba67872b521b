"""Where Helm and actionlint are: on the machine, or built from their Go modules while other tests run."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

MODULES: Final = {
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "helm": "helm.sh/helm/v3/cmd/helm@v3.22.0",
}
TOOLS: Final = Path(__file__).parents[2] / "build" / "tools"
EXIT, LOG = TOOLS / "go.exit", TOOLS / "go.log"
PATIENCE_S: Final = 1500.0
MISSING: Final = (
    "The tests of the charts and pipelines need Helm and actionlint, or Go to build them with. "
    "Install these, or Go, then run this again."
)


def found(tool: str) -> str | None:
    """A tool's path; None while there is none."""
    built = TOOLS / tool
    return shutil.which(tool) or (str(built) if built.exists() else None)


def missing() -> list[str]:
    """The tools that are nowhere yet."""
    return [tool for tool in MODULES if not found(tool)]


def start_building() -> None:
    """Build what is missing in the background, at low priority: it takes minutes. The process outlives this one."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    EXIT.unlink(missing_ok=True)
    builds = " && ".join(f"nice go install {MODULES[tool]}" for tool in missing())
    words = f'({builds}) >"{LOG}" 2>&1; echo $? >"{EXIT}"'
    environment = {**os.environ, "GOBIN": str(TOOLS), "GOFLAGS": "-p=1", "CGO_ENABLED": "0"}
    subprocess.Popen(["sh", "-c", words], env=environment, start_new_session=True)


def awaited(tool: str) -> str:
    """A tool's path, once it is built. Raises RuntimeError when it cannot be, with what Go says."""
    until = time.monotonic() + PATIENCE_S
    if not found(tool) and not shutil.which("go"):
        raise RuntimeError(MISSING)
    if not found(tool) and (EXIT.exists() or not LOG.exists()):
        start_building()  # nobody has, or it was another that was built
    while not (path := found(tool)) and time.monotonic() < until:
        if EXIT.exists() and EXIT.read_text("utf-8").strip() not in ("", "0"):
            raise RuntimeError(f"go install {MODULES[tool]}: {LOG.read_text('utf-8')[-2000:]}")
        time.sleep(0.5)
    if not path:
        raise RuntimeError(f"{tool} was not built within {PATIENCE_S:.0f} s: {LOG.read_text('utf-8')[-2000:]}")
    return path
