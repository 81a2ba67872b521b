"""What the cluster's services register: found by their label, kept where they are, marked when they are gone."""

from collections.abc import Iterator
from typing import Any

import pytest

from bff.change.audit import AuditQuery
from bff.kubernetes import Cluster
from bff.settings import SettingsError
from bff.tests.cluster import SmallCluster
from shell.registry import Registry
from shell.registry.discovery import LABEL, Discovery, services
from shell.registry.records import Source
from shell.tests.conftest import MakePortal, Portal
from shell.tests.registering import eventually

PATH = "/api/v1/namespaces/hub/services"


def service(name: str, *ports: tuple[str, int], **annotations: str) -> dict[str, Any]:
    """A service with the label, as the API server tells of it."""
    notes = {f"bizops.io/{key}": value for key, value in annotations.items()}
    listed = [{"name": label, "port": port} for label, port in ports or [("http", 8000)]]
    return {"metadata": {"labels": {LABEL: name}, "annotations": notes}, "spec": {"ports": listed}}


@pytest.fixture
def cluster() -> Iterator[SmallCluster]:
    with SmallCluster(PATH) as running:
        yield running


@pytest.fixture
def made(portal: MakePortal, cluster: SmallCluster) -> Portal:
    """A portal of `alpha` that follows the cluster."""
    made = portal(alpha={})
    where = Cluster(cluster.url, namespace="hub")
    discovery = Discovery(made.platform.registry, made.app.extensions["portal_audit"], where)
    made.platform.registry.until_stop(discovery.stop)
    discovery.start()
    return made


def urls(registry: Registry) -> dict[str, str]:
    found = registry.records()
    return {record.name: record.url for record in found if record.source is Source.KUBERNETES and not record.gone_at}


def test_a_labelled_service_is_registered_and_follows_its_changes(made: Portal, cluster: SmallCluster) -> None:
    registry = made.platform.registry
    cluster.put("hello-web", service("hello"))
    assert eventually(lambda: urls(registry) == {"hello": "http://hello-web.hub.svc:8000"})
    cluster.put("hello-web", service("hello", ("http", 80)))
    assert eventually(lambda: urls(registry) == {"hello": "http://hello-web.hub.svc"})
    (entry, *_) = made.app.extensions["portal_audit"].entries(AuditQuery(limit=5)).entries
    assert (entry.action, entry.target) == ("shell.microfrontend_found", "microfrontend:hello")


def test_a_service_that_disappears_is_marked_and_kept_until_it_is_back(made: Portal, cluster: SmallCluster) -> None:
    registry = made.platform.registry
    cluster.put("hello", service("hello"))
    assert eventually(lambda: registry.get("hello"))
    cluster.remove("hello")
    assert eventually(lambda: (record := registry.record("hello")) and record.gone_at)
    gone = registry.get("hello")
    assert gone is not None
    assert gone.unavailable_since is not None
    cluster.put("hello", service("hello"))
    assert eventually(lambda: urls(registry))
    actions = [change.told.action for change in registry.store.history("hello")]
    assert actions == ["shell.microfrontend_found", "shell.microfrontend_gone", "shell.microfrontend_found"]


def test_what_the_configuration_names_stays_where_it_is(made: Portal, cluster: SmallCluster) -> None:
    registry, before = made.platform.registry, made.platform.registry.record("alpha")
    cluster.put("alpha", service("alpha"))
    cluster.put("hello", service("hello"))
    assert eventually(lambda: urls(registry))
    assert registry.record("alpha") == before


def test_which_address_a_service_has() -> None:
    told = {
        "a": service("plain", ("metrics", 9000), ("http", 8000)),
        "b": service("first", ("web", 8080)),
        "c": service("named", ("web", 8080), ("api", 8443), port="api", scheme="https"),
        "d": service("number", ("web", 8080), port="9999"),
        "e": service("secure", ("https", 443), scheme="https"),
        "f": service("Unfit"),
        "g": service("audit"),
        "h": service("portless", ("web", 8080), port="nothing"),
        "i": service("odd", scheme="file"),
    }
    objects = {
        key: {**item, "metadata": {**item["metadata"], "name": key, "namespace": "hub"}} for key, item in told.items()
    }
    assert {name: found.url for name, found in services(objects).items()} == {
        "plain": "http://a.hub.svc:8000",
        "first": "http://b.hub.svc:8080",
        "named": "https://c.hub.svc:8443",
        "number": "http://d.hub.svc:9999",
        "secure": "https://e.hub.svc",
    }


def test_of_two_services_with_one_name_the_older_is_meant() -> None:
    pair = {
        name: {**service("hello"), "metadata": {**service("hello")["metadata"], "name": name, "namespace": "hub"} | at}
        for name, at in {
            "new": {"creationTimestamp": "2026-11-22T10:00:00Z"},
            "old": {"creationTimestamp": "2026-01-01T10:00:00Z"},
        }.items()
    }
    assert services(pair)["hello"].url == "http://old.hub.svc:8000"


def test_discovery_outside_of_a_cluster_stops_the_shell_from_starting(portal: MakePortal) -> None:
    with pytest.raises(SettingsError, match="BIZOPS_DISCOVERY"):
        portal({"discovery": "kubernetes"}, alpha={})
