"""A second OpenID provider by other hands, in another language: npm's `oidc-provider`, run by our `provider.mjs`."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.parts.cache import Making, Tool, awaited
from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

VERSION: Final = "9.13.3"
BEFORE: Final = "2026-11-20"  # what it needs is as it was that day
NODE: Final = 20  # the oldest that it runs on
NEWER_NODE: Final = "22"
PROGRAM: Final = Path(__file__).with_name("provider.mjs")


def installed(making: Making) -> None:
    """Install it, and a Node for it where the machine's own is too old."""
    wanted = {"oidc-provider": VERSION}
    if _major(shutil.which("node")) < NODE:
        wanted[_packed_node()] = NEWER_NODE
    (making.folder / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}))
    making.run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", f"--before={BEFORE}")


SECOND: Final = Tool("oidc-provider", VERSION, installed)


@contextmanager
def running(folder: Path, told: dict[str, Any]) -> Iterator[str]:
    """The issuer of the provider, which has the `clients` and `people` that it is told."""
    modules = awaited(SECOND) / "node_modules"
    packed = modules / _packed_node() / "bin" / "node"
    node = str(packed) if packed.exists() else str(shutil.which("node"))
    # Node looks for packages beside the program.
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(PROGRAM, folder)

    def command(ports: Ports) -> list[str]:
        options = folder / "provider.json"
        options.write_text(json.dumps({**told, "issuer": _url(ports)}), "utf-8")
        return [node, str(folder / PROGRAM.name), str(options), str(ports[0])]

    def ready(ports: Ports) -> None:
        urllib.request.urlopen(f"{_url(ports)}/.well-known/openid-configuration", timeout=10).close()

    with serving(command, 1, ready, folder / "provider.log") as ports:
        ran("second-openid-provider")
        yield _url(ports)


def _url(ports: Ports) -> str:
    return f"http://127.0.0.1:{ports[0]}"


def _packed_node() -> str:
    return f"node-linux-{'arm64' if os.uname().machine == 'aarch64' else 'x64'}"


def _major(node: str | None) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
