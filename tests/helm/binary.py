"""Where Helm is: on the machine, or built from its Go module while other tests run."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

MODULE: Final = "helm.sh/helm/v3/cmd/helm@v3.22.0"
TOOLS: Final = Path(__file__).parents[2] / "build" / "tools"
BUILT, EXIT, LOG = TOOLS / "helm", TOOLS / "helm.exit", TOOLS / "helm.log"
PATIENCE_S: Final = 1500.0
MISSING: Final = "The tests of the charts need Helm, or Go to build it with. Install either, then run this again."


def found() -> str | None:
    """Helm's path; None while there is none."""
    return shutil.which("helm") or (str(BUILT) if BUILT.exists() else None)


def start_building() -> None:
    """Build it in the background, at low priority: it takes minutes. The process outlives this one."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    EXIT.unlink(missing_ok=True)
    words = f'nice go install {MODULE} >"{LOG}" 2>&1; echo $? >"{EXIT}"'
    environment = {**os.environ, "GOBIN": str(TOOLS), "GOFLAGS": "-p=1", "CGO_ENABLED": "0"}
    subprocess.Popen(["sh", "-c", words], env=environment, start_new_session=True)


def awaited() -> str:
    """Its path, once it is built. Raises RuntimeError when it cannot be, with what Go says."""
    until = time.monotonic() + PATIENCE_S
    if not found() and not LOG.exists() and shutil.which("go"):
        start_building()
    while not (path := found()) and time.monotonic() < until:
        if not shutil.which("go"):
            raise RuntimeError(MISSING)
        if EXIT.exists() and EXIT.read_text("utf-8").strip() not in ("", "0"):
            raise RuntimeError(f"go install {MODULE}: {LOG.read_text('utf-8')[-2000:]}")
        time.sleep(0.5)
    if not path:
        raise RuntimeError(f"Helm was not built within {PATIENCE_S:.0f} s: {LOG.read_text('utf-8')[-2000:]}")
    return path
