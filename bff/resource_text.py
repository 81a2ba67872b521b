"""An object of a cluster as the text of a file, so that what is wrong with it has a line that people can look at."""

from collections.abc import Mapping
from typing import Any

import yaml

# What the cluster keeps for itself; nobody wrote it into a report.
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_METADATA = ("name", "namespace", "annotations")


class _Blocks(yaml.SafeDumper):
    """Texts of several lines as blocks, as people write SQL."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Blocks.add_representer(str, _text)


def written(told: Mapping[str, Any]) -> str:
    """The object as YAML, without what the cluster adds and without its status."""
    metadata = {key: told["metadata"][key] for key in _METADATA if key in told["metadata"]}
    if "annotations" in metadata:
        metadata["annotations"] = {key: said for key, said in metadata["annotations"].items() if key != _APPLIED}
    whole = {**{key: told[key] for key in ("apiVersion", "kind") if key in told}, "metadata": metadata}
    document = {**whole, "spec": told.get("spec")}
    # A line of SQL stays one line.
    return yaml.dump(document, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=10_000)
