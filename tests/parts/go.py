"""The programs that are built from their Go modules: which versions, and how each is built into the cache."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.parts.cache import Making, Tool, awaited

KUBERNETES: Final = "1.37.0"
GATEWAYS: Final = "v1.4.0"
KETO: Final = "0.13.0-alpha.0"  # the newest whose parts are all on the Go module proxy
# Two at a time: the tests have the machine's two processors as well, but the builds are of the lowest priority.
FLAGS: Final = {"GOFLAGS": "-mod=mod -buildvcs=false -p=2", "GOWORK": "off"}
SMALL: Final = "-ldflags=-s -w"


def installed(*packages: str) -> Callable[[Making], None]:
    """Makes what `go install` can: packages whose modules replace no others."""

    def make(making: Making) -> None:
        for package in packages:
            making.run("go", "install", SMALL, package, GOBIN=str(making.folder), CGO_ENABLED="0", GOFLAGS="-p=2")

    return make


def keto(making: Making) -> None:
    """Keto, over C's SQLite; it replaces other modules, which only a module of our own can do as well."""
    version = f"v{KETO}"
    replaced = {"github.com/ory/keto/proto": version, "github.com/opencontainers/runc": "v1.1.12"}
    module = _module(making, {"github.com/ory/keto": version}, replaced)
    target = str(making.folder / "keto")
    command = ("go", "build", SMALL, "-tags", "sqlite,json1", "-o", target, "github.com/ory/keto")
    making.run(*command, cwd=module, CGO_ENABLED="1", **FLAGS)
    shutil.rmtree(module)


def kubernetes(making: Making) -> None:
    """The API server, the etcd that it keeps everything in, and the definitions of the Gateway API's objects."""
    version = f"v{KUBERNETES}"
    told = _downloaded(making, "k8s.io/kubernetes", version) / "go.mod"
    # It finds its own parts in folders that are not published with it. They are published by themselves, as v0.
    parts = re.findall(r"^\s*(\S+) => \./staging/", told.read_text("utf-8"), re.MULTILINE)
    major, minor, _ = KUBERNETES.split(".")
    facts = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    told_version = " ".join(f"-X k8s.io/component-base/version.{name}={fact}" for name, fact in facts.items())
    module = _module(making, {"k8s.io/kubernetes": version}, dict.fromkeys(parts, f"v0{version[2:]}"))
    for package, name in (("go.etcd.io/etcd/server/v3", "etcd"), ("k8s.io/kubernetes/cmd/kube-apiserver", "")):
        target = str(making.folder / (name or package.rpartition("/")[2]))
        making.run(
            "go", "build", f"{SMALL} {told_version}", "-o", target, package, cwd=module, CGO_ENABLED="0", **FLAGS
        )
    gateways = _downloaded(making, "sigs.k8s.io/gateway-api", GATEWAYS) / "config" / "crd" / "standard"
    (making.folder / "definitions").mkdir()
    for path in gateways.glob("*.yaml"):
        shutil.copyfile(path, making.folder / "definitions" / path.name)
    shutil.rmtree(module)


def _downloaded(making: Making, module: str, version: str) -> Path:
    making.run("go", "mod", "download", f"{module}@{version}")
    asked = ["go", "list", "-m", "-f", "{{.Dir}}", f"{module}@{version}"]
    return Path(subprocess.run(asked, check=True, capture_output=True, text=True, cwd=making.folder).stdout.strip())


def _module(making: Making, required: dict[str, str], replaced: dict[str, str]) -> Path:
    """A module that requires others, and replaces parts of them by published ones of their own name."""
    folder = making.folder / "module"
    folder.mkdir()
    lines = ["module local/parts", "go 1.21"]
    lines += [f"require {name} {version}" for name, version in required.items()]
    lines += [f"replace {name} => {name} {version}" for name, version in replaced.items()]
    (folder / "go.mod").write_text("\n".join(lines) + "\n")
    return folder


# In the order in which they are built.
TOOLS: Final = {
    each.name: each
    for each in (
        Tool("helm", "3.22.0", installed("helm.sh/helm/v3/cmd/helm@v3.22.0")),
        Tool("actionlint", "1.7.12", installed("github.com/rhysd/actionlint/cmd/actionlint@v1.7.12")),
        Tool("keto", KETO, keto),
        Tool("kubernetes", KUBERNETES, kubernetes),
    )
}
WHATEVER_VERSION: Final = ("helm", "actionlint", "keto")  # of these any will do that the machine has


def on_path(name: str) -> str | None:
    """Where the machine has a program by itself."""
    return shutil.which(name) if name in WHATEVER_VERSION else None


def program(name: str, tool: str = "") -> str:
    """The path of a program of a tool, once it is built. Raises RuntimeError when it cannot be."""
    return on_path(name) or str(awaited(TOOLS[tool or name]) / name)
