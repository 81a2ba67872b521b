"""Releases at a real API server: installed, upgraded, rolled back and removed; nothing of them runs there."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helm.cluster import Cluster, Hands, eventually, foreign
from tests.helm.conftest import SETS, Objects
from tests.parts import go
from tests.parts.kubernetes import ApiServer

Made = Callable[[str], Objects]
Told = Callable[..., str]
MIGRATIONS = [f"bizops-{app}-migrations" for app in ("reports", "settlement", "shell", "users")]


@pytest.fixture
def cluster(api: ApiServer) -> Cluster:
    """An empty namespace of one that knows the kinds of others."""
    made = Cluster(api, "release")
    made.define(foreign())
    return made


@pytest.fixture
def hands(cluster: Cluster) -> Iterator[Hands]:
    """Those that finish Jobs."""
    with Hands(cluster) as working:
        yield working


@pytest.fixture
def helm_there(cluster: Cluster, charts: Path, tmp_path: Path) -> Told:
    """A command of Helm about a release there: `helm_there("install", "production", "--set", ...)`."""
    where = ["--kubeconfig", str(cluster.api.configuration(tmp_path)), "--namespace", cluster.namespace]

    def run(what: str, values: str = "", *more: str) -> str:
        words = ["bizops"]
        if values:
            chart, files = SETS[values]
            words += [str(charts / chart), *(word for path in files for word in ("--values", str(path)))]
        done = subprocess.run(
            [go.program("helm"), what, *words, *more, *where], check=False, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def names(cluster: Cluster, objects: Objects) -> set[tuple[str, str]]:
    """Which of these objects there are, hooks left out: they come and go."""
    return {
        (each["kind"], each["metadata"]["name"])
        for each in lasting(objects)
        if cluster.get(each["apiVersion"], each["kind"], each["metadata"]["name"])
    }


def lasting(objects: Objects) -> Objects:
    """Objects that belong to a release for as long as there is one."""
    hook = "helm.sh/hook"
    return [
        each
        for each in objects
        if hook not in each["metadata"].get("annotations", {}) and each["kind"] != "CustomResourceDefinition"
    ]


def called(objects: Objects) -> set[tuple[str, str]]:
    return {(each["kind"], each["metadata"]["name"]) for each in lasting(objects)}


def shell(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.get("apps/v1", "Deployment", "bizops-shell")
    return found


def test_a_release_is_installed_upgraded_rolled_back_and_removed(
    cluster: Cluster, hands: Hands, helm_there: Told, made: Made
) -> None:
    first, second = made("production"), made("custom resources")
    helm_there("install", "production", "--dry-run=server")
    assert names(cluster, first) == set()

    helm_there("install", "production")
    assert names(cluster, first) == called(first)
    # The tables are brought up before anything else is there, and the Jobs are gone once they are done.
    assert sorted(set(hands.done)) == MIGRATIONS
    assert eventually(lambda: not cluster.api.ask("GET", cluster.path("batch/v1", "Job"))["items"])

    hands.done.clear()
    helm_there("upgrade", "custom resources", "--set", "shell.image.tag=next")
    assert names(cluster, first + second) == called(second)
    assert sorted(set(hands.done)) == MIGRATIONS
    (container,) = shell(cluster)["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(":next")

    helm_there("rollback")
    assert names(cluster, first + second) == called(first)
    (container,) = shell(cluster)["spec"]["template"]["spec"]["containers"]
    assert not container["image"].endswith(":next")

    helm_there("uninstall")
    assert names(cluster, first + second) == set()
    # Definitions stay, and with them what people have written.
    assert cluster.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "mojalooproles.mojaloop.io")
