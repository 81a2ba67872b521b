"""Following a cluster's objects: listed, then change by change, through everything that interrupts it."""

import datetime
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bff.kubernetes import Cluster, ClusterError, Followed, Objects
from bff.tests.cluster import SmallCluster

PATH = "/api/v1/namespaces/hub/services"
Follow = Callable[..., Followed]


class Seen:
    """What the follower told, the newest at the end."""

    def __init__(self) -> None:
        self.told: list[Objects] = []

    def __call__(self, objects: Objects) -> None:
        self.told.append(objects)

    def names(self) -> list[str]:
        return sorted(self.told[-1]) if self.told else []


def eventually(true: Callable[[], object], seconds: float = 10) -> bool:
    """Whether it becomes true in time; what another thread does is waited for, never slept for."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.005)
    return bool(true())


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def follow(seen: Seen) -> Iterator[Follow]:
    made: list[Followed] = []

    def begin(cluster: Cluster, **more: str) -> Followed:
        made.append(Followed(cluster, PATH, seen, timeout_s=5, **more))
        made[-1].start()
        return made[-1]

    yield begin
    for each in made:
        each.stop()


@pytest.fixture
def cluster() -> Iterator[SmallCluster]:
    with SmallCluster(PATH) as running:
        yield running


def test_what_is_there_is_listed_page_by_page_and_told_once(cluster: SmallCluster, follow: Follow, seen: Seen) -> None:
    for name in ("a", "b", "c", "d", "e"):
        cluster.put(name)
    follow(Cluster(cluster.url))
    assert eventually(lambda: seen.names() == ["hub/a", "hub/b", "hub/c", "hub/d", "hub/e"])
    assert len(seen.told) == 1
    assert [query.get("continue") for query in cluster.asked[:3]] == [None, "2", "4"]


def test_what_changes_is_told_as_it_happens(cluster: SmallCluster, follow: Follow, seen: Seen) -> None:
    cluster.put("a")
    follow(Cluster(cluster.url))
    assert eventually(lambda: seen.names() == ["hub/a"])
    cluster.put("b", {"spec": {"port": 1}})
    assert eventually(lambda: seen.names() == ["hub/a", "hub/b"])
    cluster.put("b", {"spec": {"port": 2}})
    assert eventually(lambda: seen.told[-1]["hub/b"]["spec"] == {"port": 2})
    cluster.remove("a")
    assert eventually(lambda: seen.names() == ["hub/b"])
    assert sum(not query.get("watch") for query in cluster.asked) == 1


def test_only_what_the_selector_names_is_told(cluster: SmallCluster, follow: Follow, seen: Seen) -> None:
    cluster.put("a")
    cluster.put("b", {"metadata": {"labels": {"bizops.io/microfrontend": "b"}}})
    follow(Cluster(cluster.url), selector="bizops.io/microfrontend")
    assert eventually(lambda: seen.names() == ["hub/b"])


def test_a_watch_that_ends_goes_on_from_where_it_was(cluster: SmallCluster, follow: Follow, seen: Seen) -> None:
    follow(Cluster(cluster.url))
    assert eventually(lambda: seen.told and cluster.asked[-1].get("watch"))
    cluster.put("a")
    assert eventually(lambda: seen.names() == ["hub/a"])
    cluster.cut()
    cluster.put("b")
    assert eventually(lambda: seen.names() == ["hub/a", "hub/b"])
    assert sum(not query.get("watch") for query in cluster.asked) == 1


def test_a_version_that_is_too_old_is_listed_anew(cluster: SmallCluster, follow: Follow, seen: Seen) -> None:
    cluster.put("a")
    followed = follow(Cluster(cluster.url))
    assert eventually(lambda: seen.names() == ["hub/a"])
    cluster.put("b")
    cluster.remove("a")
    cluster.compact()
    cluster.cut()
    assert eventually(lambda: seen.names() == ["hub/b"])
    assert eventually(lambda: sum(not query.get("watch") for query in cluster.asked) == 2)
    assert followed.problem == ""


def test_a_token_that_was_renewed_is_read_again(follow: Follow, seen: Seen, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    with SmallCluster(PATH, token="new") as cluster:
        cluster.put("a")
        followed = follow(Cluster(cluster.url, token))
        assert eventually(lambda: "401" in followed.problem)
        token.write_text("new\n")
        assert eventually(lambda: seen.names() == ["hub/a"])
        assert eventually(lambda: followed.problem == "")


def test_while_the_api_server_is_away_what_was_known_stands(follow: Follow, seen: Seen) -> None:
    with SmallCluster(PATH) as cluster:
        cluster.put("a")
        followed = follow(Cluster(cluster.url))
        assert eventually(lambda: seen.names() == ["hub/a"])
    assert eventually(lambda: followed.problem)
    assert seen.names() == ["hub/a"]


def test_the_api_server_has_to_show_a_certificate_of_the_clusters_authority(
    follow: Follow, seen: Seen, tmp_path: Path
) -> None:
    own, other = certificate(tmp_path / "own.pem"), certificate(tmp_path / "other.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own)
    with SmallCluster(PATH, tls=tls) as cluster:
        cluster.put("a")
        stranger = follow(Cluster(cluster.url, None, other))
        assert eventually(lambda: stranger.problem)
        assert seen.told == []
        stranger.stop()
        follow(Cluster(cluster.url, None, own))
        assert eventually(lambda: seen.names() == ["hub/a"])


def test_a_pod_knows_its_cluster_from_its_environment_and_its_account(tmp_path: Path) -> None:
    (tmp_path / "namespace").write_text("hub\n")
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    cluster = Cluster.of_pod(environ, tmp_path)
    assert (cluster.url, cluster.namespace) == ("https://[fd00::1]:6443", "hub")
    with pytest.raises(ClusterError):
        Cluster.of_pod({}, tmp_path)


def certificate(path: Path) -> Path:
    """A certificate for localhost, signed by itself, with its key in the same file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), today, today.replace(year=9999)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
