"""Custom resources: definitions that an API server takes, and that take what the files hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bff.access import files
from bff.contract import resources
from microfrontends.reports.catalogue import STANDARD as REPORTS
from tests.helm.conftest import ROOT

CRDS = sorted((ROOT / "helm" / "portal" / "crds").glob("*.yaml"))
WRITTEN = [*files.STANDARD.rglob("*.yaml"), *REPORTS.glob("*.yaml")]
DEFINED = {each["spec"]["names"]["kind"]: each for each in (yaml.safe_load(path.read_text("utf-8")) for path in CRDS)}
# https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/: what is refused
REFUSED = {
    "$ref",
    "definitions",
    "dependencies",
    "deprecated",
    "id",
    "patternProperties",
    "readOnly",
    "writeOnly",
    "xml",
    "const",
    "if",
    "then",
    "else",
}


def nodes(schema: dict[str, Any], where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield where, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, f"{where}/{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from nodes(schema[name], f"{where}/{name}")


def test_there_is_a_definition_for_each_kind() -> None:
    assert set(DEFINED) == {files.ROLE, files.EXCLUSIONS, files.POLICY, "MojaloopReport"}


@pytest.mark.parametrize("kind", DEFINED)
def test_a_schema_is_structural_as_an_api_server_demands(kind: str) -> None:
    (version,) = DEFINED[kind]["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    assert version["subresources"] == {"status": {}}
    for where, node in nodes(schema):
        assert node.get("type") or node.get(resources.PRESERVE), where
        assert not REFUSED & set(node), where
        assert isinstance(node.get("type", ""), str), where
        assert not ("properties" in node and "additionalProperties" in node), where
        assert not node.get("uniqueItems"), where
        assert node.get("type") != "array" or "items" in node, where


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_is_fit_as_a_file_is_fit_as_an_object(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        definition = DEFINED[document["kind"]]
        (version,) = definition["spec"]["versions"]
        assert document["apiVersion"] == f"{definition['spec']['group']}/{version['name']}"
        assert list(Draft202012Validator(version["schema"]["openAPIV3Schema"]).iter_errors(document)) == []


@pytest.mark.parametrize("kind", DEFINED)
def test_no_field_is_called_as_yaml_may_spell_a_boolean(kind: str) -> None:
    # What reads a file for the API server takes `on` and `y` for these, also as keys, and then finds no such field.
    (version,) = DEFINED[kind]["spec"]["versions"]
    fields = {name for _, node in nodes(version["schema"]["openAPIV3Schema"]) for name in node.get("properties", ())}
    assert not {"y", "n", "yes", "no", "on", "off", "true", "false"} & {name.lower() for name in fields}


def test_the_name_of_a_definition_is_that_of_its_kind() -> None:
    for definition in DEFINED.values():
        names = definition["spec"]["names"]
        assert definition["metadata"]["name"] == f"{names['plural']}.mojaloop.io"
