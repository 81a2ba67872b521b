"""A Kubernetes API server with its etcd on loopback: it keeps and checks objects, and knows who may do what.

No controllers and no nodes belong to it: nothing comes of a Deployment, and no pod runs.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import urllib3
import yaml
from urllib3.exceptions import HTTPError

from tests.parts import go
from tests.parts.certificates import authority, key_pair, serving_certificate
from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

ISSUER: Final = "https://kubernetes.default.svc"
ADDRESSES: Final = "10.0.0.0/24"


class Refused(Exception):
    """What the API server answers when it does not do as it is told."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass
class ApiServer:
    """Where it is, the token of one who may do everything, and the certificate by which it is known."""

    port: int
    token: str
    certificate: Path

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(ca_certs=str(self.certificate), retries=False, timeout=60)

    def close(self) -> None:
        """Ask no more."""
        self._pool.clear()

    def ask(self, method: str, path: str, body: Any = None, **how: str) -> Any:
        """What it answers. `how`: the `token` of somebody else, the `kind` of the body, what to `accept`."""
        headers = {
            "Authorization": f"Bearer {how.get('token', self.token)}",
            "Accept": how.get("accept", "application/json"),
            "Content-Type": how.get("kind", "application/json"),
        }
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        answer = self._pool.request(method, f"https://127.0.0.1:{self.port}{path}", body=text, headers=headers)
        in_json = answer.headers.get("Content-Type", "").startswith("application/json")
        said = json.loads(answer.data) if in_json else answer.data.decode()
        if answer.status >= 400:
            raise Refused(answer.status, said["message"] if isinstance(said, dict) else said)
        return said

    def apply(self, path: str, document: Mapping[str, Any], text: str = "") -> Any:
        """Create or change an object as `kubectl apply --server-side` does; what it does not know is refused.

        With its `text`, the API server reads that, as YAML.
        """
        where = f"{path}/{document['metadata']['name']}?fieldManager=tests&force=true&fieldValidation=Strict"
        return self.ask("PATCH", where, text or document, kind="application/apply-patch+yaml")

    def token_of(self, namespace: str, account: str) -> str:
        """A token of a service account, as its pods have one."""
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        return str(self.ask("POST", path, asked)["status"]["token"])

    def configuration(self, folder: Path) -> Path:
        """A file that tells Helm of it."""
        told = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(self.certificate)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": told}],
            "users": [{"name": "us", "user": {"token": self.token}}],
            "contexts": [{"name": "there", "context": {"cluster": "it", "user": "us"}}],
            "current-context": "there",
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(document), "utf-8")
        file.chmod(0o600)
        return file


@contextmanager
def running(folder: Path) -> Iterator[ApiServer]:
    """One that knows nothing yet but what every cluster is born with."""
    programs = {name: go.program(name, "kubernetes") for name in ("etcd", "kube-apiserver")}
    token, certificate = secrets.token_hex(16), authority(folder)
    serving_certificate(folder, ["127.0.0.1", "localhost"])
    key_pair(folder / "accounts.key")
    (folder / "tokens.csv").write_text(f"{token},tests,tests,system:masters\n", "utf-8")

    def etcd(ports: Ports) -> list[str]:
        clients, peers = (f"http://127.0.0.1:{port}" for port in ports)
        where = [f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}"]
        where += [f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}"]
        data = folder / f"etcd-{ports[0]}"
        return [programs["etcd"], f"--data-dir={data}", *where, "--unsafe-no-fsync", "--log-level=error"]

    def api(ports: Ports) -> list[str]:
        return [programs["kube-apiserver"], *_options(folder, ports[0]), f"--etcd-servers=http://127.0.0.1:{store[0]}"]

    def ready(ports: Ports) -> None:
        asked = ApiServer(ports[0], token, certificate)
        try:
            asked.ask("GET", "/readyz")
        except (HTTPError, Refused) as not_yet:
            raise ConnectionError from not_yet
        finally:
            asked.close()

    with (
        serving(etcd, 2, _etcd_ready, folder / "etcd.log") as store,
        serving(api, 1, ready, folder / "kube-apiserver.log") as ports,
    ):
        ran("kubernetes-api-server")
        made = ApiServer(ports[0], token, certificate)
        yield made
        made.close()


def _options(folder: Path, port: int) -> list[str]:
    return [
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={ADDRESSES}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--cert-dir={folder}",
    ]


def _etcd_ready(ports: Ports) -> None:
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        try:
            answer = pool.request("GET", f"http://127.0.0.1:{ports[0]}/health")
        except HTTPError as away:
            raise ConnectionError from away
    if answer.status != 200:
        raise ConnectionError(answer.data.decode())
