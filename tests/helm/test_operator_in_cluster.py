"""The operator and the apps at a real API server, each as its own service account with what its chart lets it do."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bff.access import files
from bff.kubernetes import Cluster as Known
from bff.kubernetes import Followed
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.sources.folder import Folder
from microfrontends.reports.sources.kubernetes import ClusterReports
from microfrontends.reports.sources.live import Live
from shell.registry.discovery import LABEL, Service, services
from tests.helm.cluster import Cluster, eventually, foreign
from tests.helm.conftest import SETS, Run
from tests.helm.test_resources import CRDS
from tests.parts.kubernetes import ApiServer, Refused

VERSION, NAMESPACE, MAP = "mojaloop.io/v1", "hub", "bizops-roles"
ROLE, REPORT = "MojaloopRole", "MojaloopReport"
GROUP = f"/apis/{VERSION}/namespaces/{NAMESPACE}"
MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
Account = Callable[[str], Path]
PEOPLE = {"scope": "hub", "endpoint": {"path": "/people"}, "queries": [{"name": "rows", "query": "SELECT 1 AS one"}]}


@pytest.fixture(scope="module")
def cluster(api: ApiServer, helm: Run) -> Cluster:
    """A namespace with the portal's objects in it, as its chart makes them."""
    there = Cluster(api, NAMESPACE)
    there.define([*foreign(), *(yaml.safe_load(path.read_text("utf-8")) for path in CRDS)])
    chart, values = SETS["custom resources"]
    for each in yaml.safe_load_all(helm("template", chart, values, "--namespace", NAMESPACE).stdout):
        if each and each["kind"] in ("ServiceAccount", "Role", "RoleBinding", "Service"):
            there.put(each)
    return there


@pytest.fixture(scope="module")
def account(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Account:
    """The folder that the pods of a service account have, and what tells them where the API server is."""

    def of(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        (folder / "token").write_text(cluster.api.token_of(NAMESPACE, name), "utf-8")
        (folder / "namespace").write_text(NAMESPACE, "utf-8")
        (folder / "ca.crt").write_bytes(cluster.api.certificate.read_bytes())
        return folder

    return of


@pytest.fixture
def operator(cluster: Cluster, account: Account, tmp_path: Path) -> Iterator[Path]:
    """`bizops operator`, as the chart starts it; the log of what it says."""
    words = ["operator", "--roles", MAP, "--beat", str(tmp_path / "beat"), "--account", str(account("bizops-operator"))]
    log = tmp_path / "operator.log"
    with log.open("wb") as said:
        command = [sys.executable, "-c", "from bff.cli import main; main()", *words]
        process = subprocess.Popen(command, env=os.environ | where(cluster), stdout=said, stderr=said)
    yield log
    process.terminate()
    assert process.wait(60) == 0, log.read_text("utf-8")


def where(cluster: Cluster) -> dict[str, str]:
    return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.api.port)}


def resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def told(cluster: Cluster, kind: str, name: str) -> tuple[str, str]:
    """What the operator has said of an object as it now is."""
    found = cluster.get(VERSION, kind, name) or {}
    status = found.get("status") or {}
    if status.get("observedGeneration") != found.get("metadata", {}).get("generation"):
        return "", ""
    return status["phase"], status["message"]


def phases(cluster: Cluster, *kinds: str) -> set[str]:
    found = [each for kind in kinds for each in cluster.api.ask("GET", cluster.path(VERSION, kind))["items"]]
    return {told(cluster, each["kind"], each["metadata"]["name"])[0] for each in found}


def published(cluster: Cluster) -> dict[str, str]:
    found = cluster.get("v1", "ConfigMap", MAP) or {}
    return dict(found.get("data") or {})


def test_roles_take_effect_as_a_set_and_each_is_told_what_became_of_it(
    cluster: Cluster, operator: Path, tmp_path: Path
) -> None:
    # Before anybody has written a role: the standard ones.
    assert eventually(lambda: "operator.yaml" in published(cluster)), operator.read_text("utf-8")
    for path in files.STANDARD.glob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            cluster.put(document)
    kinds = (files.ROLE, files.EXCLUSIONS, files.POLICY)
    assert eventually(lambda: phases(cluster, *kinds) == {"VALIDATED"}), operator.read_text("utf-8")
    assert eventually(lambda: "mojalooprole-clerk.yaml" in published(cluster))
    for name, text in published(cluster).items():
        (tmp_path / "roles").mkdir(exist_ok=True)
        (tmp_path / "roles" / name).write_text(text, "utf-8")
    assert files.load(tmp_path / "roles").roles == files.load().roles

    before = published(cluster)
    cluster.put(resource(ROLE, "viewer", {"role": "viewer", "permissions": ["settlement:window:veiw"]}))
    assert eventually(lambda: told(cluster, ROLE, "viewer")[0] == "INVALID")
    assert "did you mean settlement:window:view?" in told(cluster, ROLE, "viewer")[1]
    assert eventually(lambda: told(cluster, ROLE, "clerk")[0] == "WAITING")
    assert published(cluster) == before

    cluster.put(resource(ROLE, "viewer", {"role": "viewer", "permissions": ["settlement:window:view"]}))
    assert eventually(lambda: phases(cluster, *kinds) == {"VALIDATED"})
    assert eventually(lambda: "mojalooprole-viewer.yaml" in published(cluster))
    cluster.remove(VERSION, ROLE, "viewer")
    assert eventually(lambda: published(cluster) == before)


def test_a_report_is_told_whether_it_is_served_and_the_app_serves_it(
    cluster: Cluster, operator: Path, account: Account
) -> None:
    cluster.put(resource(REPORT, "people", PEOPLE))
    cluster.put(resource(REPORT, "broken", {**PEOPLE, "queries": [{"name": "rows", "query": "SELECT FROM"}]}))
    assert eventually(lambda: told(cluster, REPORT, "people")[0] == "VALIDATED"), operator.read_text("utf-8")
    assert eventually(lambda: told(cluster, REPORT, "broken")[0] == "INVALID")

    known = Known.of_pod(where(cluster), account("bizops-reports"))
    source = ClusterReports(known, NAMESPACE)
    live = Live([Folder("catalogue", STANDARD), source])
    live.watch(lambda: None)
    source.start(live.look)
    try:
        assert eventually(lambda: "people" in live)
        assert "broken" not in live
        cluster.remove(VERSION, REPORT, "people")
        assert eventually(lambda: "people" not in live)
    finally:
        source.stop()
        live.stop()


def test_the_shell_finds_services_by_their_label_and_hears_of_changes(cluster: Cluster, account: Account) -> None:
    known, found = Known.of_pod(where(cluster), account("bizops-shell")), dict[str, Service]()

    def take(objects: Any) -> None:
        there = services(objects)
        found.clear()
        found.update(there)

    followed = Followed(known, f"/api/v1/namespaces/{NAMESPACE}/services", take, selector=LABEL)
    followed.start()
    try:
        assert eventually(lambda: set(found) == {"settlement", "reports", "users"}), followed.problem
        assert found["reports"].url == "http://bizops-reports.hub.svc:8000"
        spec = {"ports": [{"name": "http", "port": 80}]}
        labelled = {"metadata": {"name": "hello", "labels": {LABEL: "hello"}}, "spec": spec}
        cluster.put({"apiVersion": "v1", "kind": "Service", **labelled})
        assert eventually(lambda: "hello" in found)
        cluster.remove("v1", "Service", "hello")
        assert eventually(lambda: "hello" not in found)
    finally:
        followed.stop()


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        ("operator", "PATCH", f"{GROUP}/mojalooproles/clerk"),
        ("operator", "DELETE", f"{GROUP}/mojalooproles/clerk"),
        ("operator", "PATCH", f"{MAPS}/somebody-elses"),
        ("operator", "DELETE", f"{MAPS}/{MAP}"),
        ("operator", "GET", f"/api/v1/namespaces/{NAMESPACE}/secrets"),
        ("operator", "GET", "/apis/mojaloop.io/v1/namespaces/default/mojalooproles"),
        ("reports", "GET", f"{GROUP}/mojalooproles"),
        ("reports", "PATCH", f"{GROUP}/mojaloopreports/people/status"),
        ("reports", "GET", f"/api/v1/namespaces/{NAMESPACE}/secrets"),
        ("shell", "GET", f"/api/v1/namespaces/{NAMESPACE}/secrets"),
        ("shell", "DELETE", f"/api/v1/namespaces/{NAMESPACE}/services/bizops-users"),
        ("settlement", "GET", f"/api/v1/namespaces/{NAMESPACE}/services"),
    ],
)
def test_nobody_may_do_more_than_the_chart_lets_them(
    cluster: Cluster, account: Account, who: str, method: str, path: str
) -> None:
    token = (account(f"bizops-{who}") / "token").read_text("utf-8")
    body = {"metadata": {"labels": {"a": "b"}}} if method == "PATCH" else None
    with pytest.raises(Refused) as refused:
        cluster.api.ask(method, path, body, token=token, kind="application/merge-patch+json")
    assert refused.value.status == 403
