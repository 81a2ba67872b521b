"""Which reports there are: files of the catalogue, each loaded whole or refused with file, line and reason."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from microfrontends.reports import sql_names
from microfrontends.reports.report_file import BadReport, Entry, read_file

__all__ = ["STANDARD", "BadReport", "Catalogue", "Entry", "load"]
STANDARD = Path(str(files("microfrontends.reports"))) / "catalogue"
Catalogue = Mapping[str, Entry]


def load(*folders: Path) -> Catalogue:
    """All reports of the folders' YAML files, by name. Raises BadReport for the first that is not fit to run.

    A folder's `tables.json` names tables and views that its site has beside the hub's: columns and SQL types by table.
    """
    entries: dict[str, Entry] = {}
    paths: dict[str, str] = {}
    for folder in folders or (STANDARD,):
        names = sql_names.beside(folder / "tables.json")
        for path in sorted(folder.glob("*.yaml")):
            entry = read_file(path, names)
            report = entry.report
            if report.name in entries:
                raise BadReport(path.name, 1, f"the report {report.name} is defined twice; keep one")
            if report.path in paths:
                raise BadReport(path.name, 1, f"its endpoint.path is also that of {paths[report.path]}; choose another")
            entries[report.name], paths[report.path] = entry, path.name
    return entries
