"""Helm, a copy of the charts with what they depend on, and what they make of sets of values."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parts import go, kubernetes
from tests.parts.cache import PATIENCE_S
from tests.parts.kubernetes import ApiServer
from tests.parts.ran import ran

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KUBERNETES = "1.30.0"
Run = Callable[..., subprocess.CompletedProcess[str]]
Objects = list[dict[str, Any]]
EXAMPLES = ROOT / "helm" / "portal" / "examples"
SETS: dict[str, tuple[str, list[Path]]] = {
    "production": ("portal", [EXAMPLES / "production.yaml"]),
    "custom resources": ("portal", [EXAMPLES / "production.yaml", EXAMPLES / "custom-resources.yaml"]),
    "files": ("portal", [EXAMPLES / "production.yaml", EXAMPLES / "files.yaml"]),
    "kind": ("portal", [EXAMPLES / "kind.yaml"]),
    "stranger": ("microfrontend", [HERE / "values" / "stranger.yaml"]),
    "one replica": ("microfrontend", [HERE / "values" / "one-replica.yaml"]),
    "shell alone": ("shell", [HERE / "values" / "shell.yaml"]),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these last, and wait for as long as it takes: what they need may still be built meanwhile.

    The API server is built last of all.
    """
    items.sort(key=lambda item: HERE in item.path.parents and "api" in getattr(item, "fixturenames", ()))
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.late)
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the charts, the umbrella with what it depends on."""
    copy = tmp_path_factory.mktemp("charts") / "helm"
    shutil.copytree(ROOT / "helm", copy, symlinks=True, ignore=shutil.ignore_patterns("charts", "Chart.lock"))
    made = [go.program("helm"), "dependency", "build", str(copy / "portal")]
    subprocess.run(made, check=True, capture_output=True, text=True, timeout=60)
    ran("helm")
    return copy


@pytest.fixture(scope="session")
def helm(charts: Path) -> Run:
    """A command of Helm about one of the charts: `helm("template", "shell", files, "--set", ...)`."""

    def run(what: str, chart: str, files: list[Path], *more: str) -> subprocess.CompletedProcess[str]:
        named = ["bizops", str(charts / chart)] if what == "template" else [str(charts / chart)]
        values = [word for path in files for word in ("--values", str(path))]
        command = [go.program("helm"), what, *named, *values, "--kube-version", KUBERNETES, *more]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def made(helm: Run) -> Callable[[str], Objects]:
    """The objects that a chart makes of a set of values, hooks and tests among them."""
    known: dict[str, Objects] = {}

    def of(name: str) -> Objects:
        if name not in known:
            chart, files = SETS[name]
            done = helm("template", chart, files, "--include-crds")
            assert done.returncode == 0, done.stderr
            known[name] = [each for each in yaml.safe_load_all(done.stdout) if each]
        return known[name]

    return of


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A Kubernetes API server."""
    with kubernetes.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


def pods(objects: Objects) -> list[tuple[str, dict[str, Any]]]:
    """The pods that the objects start: by the name of what starts them."""
    templates = [(each, each["spec"].get("template")) for each in objects if each["kind"] in ("Deployment", "Job")]
    templates += [(each, each) for each in objects if each["kind"] == "Pod"]
    return [(each["metadata"]["name"], template["spec"]) for each, template in templates]
