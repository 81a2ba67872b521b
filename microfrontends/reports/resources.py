"""Reports as objects of a cluster: their kind, and which of them are not served."""

from collections.abc import Hashable, Mapping

from bff.contract.resources import Kind
from bff.kubernetes import Objects
from bff.resource_text import written
from microfrontends.reports import sql_names
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.report_schema import SCHEMA
from microfrontends.reports.sources import packages
from microfrontends.reports.sources.folder import Folder
from microfrontends.reports.sources.live import Live
from microfrontends.reports.sources.source import Texts

# A report of somebody else's portal has its scope in an annotation, since its cluster knew no such field.
_SPEC = SCHEMA["properties"]["spec"]
_WITHOUT_SCOPE = {**_SPEC, "required": [each for each in _SPEC["required"] if each != "scope"]}


class _Given:
    """Objects as a source of the catalogue."""

    name = "Kubernetes"

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def version(self) -> Hashable:
        """They stay as they are."""
        return ""

    def texts(self) -> Texts:
        """As `Source` has it."""
        files = {f"{told['metadata']['name']}.yaml": written(told) for told in self._objects.values()}
        return Texts(files, sql_names.hub(), {})


def problems(objects: Objects) -> Mapping[str, str]:
    """Which objects are not served, as the app itself finds: beside the standard reports, names and paths once."""
    keys = {f"{told['metadata']['name']}.yaml": key for key, told in objects.items()}
    live = Live([Folder("catalogue", STANDARD), *packages.folders(), _Given(objects)])
    return {
        keys[listed.file]: f"{listed.file}:{listed.fault.line}: {listed.fault.reason}"
        for listed in live.now.files
        if listed.source == _Given.name and listed.fault
    }


REPORT = Kind(
    "MojaloopReport", "mojaloopreports", "mlreport", _WITHOUT_SCOPE, {"Path": ".spec.endpoint.path"}, problems
)
KINDS = (REPORT,)
