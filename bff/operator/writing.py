"""What the operator may change in the cluster: the statuses of its kinds, and one ConfigMap."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import urllib3
from urllib3.exceptions import HTTPError

from bff.kubernetes import Cluster, ClusterError, Object
from bff.operator.verdicts import Verdict

MANAGER: Final = "bizops-operator"
GONE: Final = 404


class Writer:
    """Writes for one namespace. Every method raises ClusterError."""

    def __init__(self, cluster: Cluster, namespace: str, timeout_s: float = 10) -> None:
        self._cluster, self._namespace = cluster, namespace
        certificates = {"ca_certs": str(cluster.authority)} if cluster.authority else {}
        self._pool = urllib3.PoolManager(num_pools=1, retries=False, timeout=timeout_s, **certificates)  # type: ignore[arg-type]

    def published(self, name: str) -> Mapping[str, str] | None:
        """The files of a ConfigMap; None where there is none."""
        try:
            return dict(self._ask("GET", self._map(name)).get("data") or {})
        except ClusterError as refused:
            if refused.status == GONE:
                return None
            raise

    def publish(self, name: str, texts: Mapping[str, str]) -> None:
        """Make the ConfigMap hold exactly these files."""
        labels = {"app.kubernetes.io/managed-by": MANAGER, "app.kubernetes.io/part-of": "bizops-portal"}
        told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": texts}
        query = f"?fieldManager={MANAGER}&force=true"
        self._ask("PATCH", self._map(name) + query, told, "application/apply-patch+yaml")

    def say(self, plural: str, told: Object, verdict: Verdict) -> bool:
        """Write an object's status, unless it says the same already; whether it was written."""
        generation = int(told["metadata"].get("generation", 0))
        status = {"phase": str(verdict.phase), "message": verdict.message, "observedGeneration": generation}
        before = told.get("status") or {}
        if {key: before.get(key) for key in status} == status:
            return False
        path = f"/apis/mojaloop.io/v1/namespaces/{self._namespace}/{plural}/{told['metadata']['name']}/status"
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        try:
            self._ask("PATCH", path, {"status": {**status, "time": now}}, "application/merge-patch+json")
        except ClusterError as refused:
            if refused.status != GONE:  # somebody has just deleted it
                raise
        return True

    def _map(self, name: str) -> str:
        return f"/api/v1/namespaces/{self._namespace}/configmaps/{name}"

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "") -> dict[str, Any]:
        headers = self._cluster.headers() | ({"Content-Type": kind} if kind else {})
        text = json.dumps(body) if body is not None else None
        try:
            answer = self._pool.request(method, self._cluster.url + path, body=text, headers=headers, redirect=False)
        except HTTPError as problem:
            raise ClusterError(f"the API server cannot be asked: {problem}") from problem
        if answer.status not in (200, 201):
            raise ClusterError(f"the API server answered {answer.status} for {method} {path}", answer.status)
        said: dict[str, Any] = json.loads(answer.data)
        return said
