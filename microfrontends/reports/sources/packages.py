"""Which installed packages bring reports: entry points `bizops.reports`, each naming a folder of its package."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import structlog

from microfrontends.reports.sources.folder import Folder

GROUP = "bizops.reports"
log = structlog.get_logger()


def folders() -> Iterator[Folder]:
    """One source for each: `acme = "acme_reports:files"` is the folder `files` of the package `acme_reports`."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        path = _folder(point)
        if path is None:
            log.error("reports_package_has_no_folder", entry_point=point.name, value=point.value)
        else:
            yield Folder(f"package {point.name}", path)


def _folder(point: EntryPoint) -> Path | None:
    package, _, within = point.value.partition(":")
    try:
        # Found, not imported: a package of reports brings files, and no code of it is run.
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = [place for place in (Path(each, within) for each in places) if place.is_dir()]
    return found[0] if found else None
