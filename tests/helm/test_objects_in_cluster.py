"""A real API server takes every object that the charts make, field by field, and refuses misshapen resources."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.figures import figure
from tests.helm.cluster import Cluster, foreign
from tests.helm.conftest import SETS, Objects
from tests.helm.test_resources import CRDS, WRITTEN
from tests.parts.kubernetes import ApiServer, Refused

Made = Callable[[str], Objects]
VERSION = "mojaloop.io/v1"
FIRST = ("ServiceAccount", "Role")  # what others name, and is not taken without


@pytest.fixture(scope="module")
def cluster(api: ApiServer) -> Cluster:
    """One that knows our kinds and those of others."""
    made = Cluster(api, "objects")
    made.define([*foreign(), *(yaml.safe_load(path.read_text("utf-8")) for path in CRDS)])
    return made


def test_every_object_of_every_set_of_values_is_taken_without_a_field_too_many(
    api: ApiServer, cluster: Cluster, made: Made
) -> None:
    taken = 0
    for number, name in enumerate(SETS):
        there = Cluster(api, f"set-{number}")
        objects = [each for each in made(name) if each["kind"] != "CustomResourceDefinition"]
        for each in sorted(objects, key=lambda each: each["kind"] not in FIRST):
            there.put(each)
            taken += 1
    figure("api_server_objects", str(taken), "objects")
    assert taken > 150


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_is_written_as_a_file_is_taken_as_an_object_and_kept_whole(cluster: Cluster, path: Any) -> None:
    for text in re.split(r"^---$", path.read_text("utf-8"), flags=re.MULTILINE):
        document = yaml.safe_load(text)
        # The API server takes more words for booleans than we do, `y` and `on` among them: no key may be one of these.
        assert cluster.put(document, text)["spec"] == document["spec"]


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("MojaloopRole", {"role": "viewer", "permissions": ["everything"]}, "should match"),
        ("MojaloopRole", {"permissions": []}, "spec.role: Required value"),
        ("MojaloopRole", {"role": "viewer", "permissions": [], "scope": "world"}, 'supported values: "hub"'),
        ("MojaloopPermissionExclusions", {"permissionsA": "one"}, "must be of type array"),
        ("MojaloopApprovalPolicy", {"rules": [{"action": 5}]}, "must be of type string"),
        ("MojaloopReport", {"endpoint": {}}, "Required value"),
    ],
)
def test_a_shape_that_a_resource_may_not_have_is_refused_before_the_operator_sees_it(
    cluster: Cluster, kind: str, spec: dict[str, Any], said: str
) -> None:
    document = {"apiVersion": VERSION, "kind": kind, "metadata": {"name": "unfit"}, "spec": spec}
    with pytest.raises(Refused, match=said) as refused:
        cluster.api.ask("POST", cluster.path(VERSION, kind), document)
    assert refused.value.status == 422


def test_a_list_of_roles_shows_what_became_of_each(cluster: Cluster) -> None:
    as_table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    told = cluster.api.ask("GET", cluster.path(VERSION, "MojaloopRole"), accept=as_table)
    shown = [column["name"] for column in told["columnDefinitions"] if column["priority"] == 0]
    assert shown == ["Name", "Role", "Phase", "Age"]
