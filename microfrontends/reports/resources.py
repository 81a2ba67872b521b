"""Reports as objects of a cluster: their kind, and what is wrong with one."""

from collections.abc import Mapping
from typing import Any

from bff.contract.resources import Kind
from microfrontends.reports import sql_names
from microfrontends.reports.report_file import BadReport, read_text
from microfrontends.reports.report_schema import SCHEMA
from microfrontends.reports.sources.manifests import written

# A report of somebody else's portal has its scope in an annotation, since its cluster knew no such field.
_SPEC = SCHEMA["properties"]["spec"]
REPORT = Kind(
    "MojaloopReport",
    "mojaloopreports",
    "mlreport",
    {**_SPEC, "required": [each for each in _SPEC["required"] if each != "scope"]},
    {"Path": ".spec.endpoint.path"},
)
KINDS = (REPORT,)


def problem(told: Mapping[str, Any]) -> str:
    """Why an object cannot be served as a report, with the line of `kubectl get -o yaml` without what it adds."""
    name = f"{told['metadata']['name']}.yaml"
    try:
        read_text(name, written(told), sql_names.hub())
    except BadReport as bad:
        return str(bad)
    return ""
