"""What tests do at a real API server: namespaces, objects of any kind, and what controllers would do to Jobs."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

from tests.helm.conftest import HERE, Objects
from tests.parts import go
from tests.parts.cache import awaited
from tests.parts.kubernetes import ApiServer, Refused


def eventually(true: Callable[[], object], seconds: float = 90) -> bool:
    """Whether something comes true within a generous time."""
    until = time.monotonic() + seconds
    while not (last := true()) and time.monotonic() < until:
        time.sleep(0.1)
    return bool(last or true())


@dataclass
class Cluster:
    """The API server as one namespace of it, which is made as a cluster's own controllers make one."""

    api: ApiServer
    namespace: str
    plurals: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api.apply("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", **named(self.namespace)})
        self.put({"apiVersion": "v1", "kind": "ServiceAccount", **named("default")})

    def path(self, version: str, kind: str) -> str:
        """Where the objects of a kind are."""
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self.plurals:
            for each in self.api.ask("GET", root)["resources"]:
                if "/" not in each["name"]:
                    self.plurals[version, each["kind"]] = each["name"], each["namespaced"]
        plural, namespaced = self.plurals[version, kind]
        return f"{root}/namespaces/{self.namespace}/{plural}" if namespaced else f"{root}/{plural}"

    def put(self, document: dict[str, Any], text: str = "") -> Any:
        """Create or change an object, by its text where the API server is to read that itself."""
        return self.api.apply(self.path(document["apiVersion"], document["kind"]), document, text)

    def get(self, version: str, kind: str, name: str) -> Any:
        """An object; None where there is none."""
        try:
            return self.api.ask("GET", f"{self.path(version, kind)}/{name}")
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def remove(self, version: str, kind: str, name: str) -> None:
        """Delete an object."""
        self.api.ask("DELETE", f"{self.path(version, kind)}/{name}")

    def define(self, definitions: Objects) -> None:
        """Teach the cluster kinds, and wait until it knows them."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for each in definitions:
            self.api.apply(path, each)
        wanted = {each["metadata"]["name"] for each in definitions}
        assert eventually(lambda: wanted <= self._established(path)), wanted

    def _established(self, path: str) -> set[str]:
        items = self.api.ask("GET", path)["items"]
        return {each["metadata"]["name"] for each in items if "Established" in true_of(each)}


def named(name: str) -> dict[str, Any]:
    """The metadata of an object of that name."""
    return {"metadata": {"name": name}}


def true_of(told: dict[str, Any]) -> set[str]:
    """Which of an object's conditions are true."""
    return {each["type"] for each in (told.get("status") or {}).get("conditions") or () if each["status"] == "True"}


def foreign() -> Objects:
    """Kinds that sites install beside Kubernetes: those of the Gateway API, and something like Prometheus' monitors."""
    found = sorted((awaited(go.TOOLS["kubernetes"]) / "definitions").glob("*.yaml"))
    return [
        each
        for path in (*found, HERE / "values" / "servicemonitors.yaml")
        for each in yaml.safe_load_all(path.read_text("utf-8"))
        if each
    ]


class Hands:
    """Says of each Job of a namespace that it is done, as controllers and nodes do of one that went well."""

    def __init__(self, cluster: Cluster) -> None:
        self._path, self._api = cluster.path("batch/v1", "Job"), cluster.api
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.done: list[str] = []

    def __enter__(self) -> "Hands":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(0.2):
            for job in self._api.ask("GET", self._path)["items"]:
                if not true_of(job):
                    self._finish(job["metadata"]["name"])

    def _finish(self, name: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        conditions = [
            {"type": kind, "status": "True", "reason": "CompletionsReached", "lastTransitionTime": now}
            for kind in ("SuccessCriteriaMet", "Complete")
        ]
        status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}
        with suppress(Refused):  # Helm has taken it away already, or it changed meanwhile: the next look decides
            told = {"status": {**status, "uncountedTerminatedPods": {}}}
            self._api.ask("PATCH", f"{self._path}/{name}/status", told, kind="application/merge-patch+json")
            self.done.append(name)
