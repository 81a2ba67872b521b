"""What `bizops doctor` examines of this app besides: whether every report can be used."""

from collections.abc import Iterator

from bff.doctor.findings import Examination, Patient, Seen, ok, wrong
from microfrontends.reports import sql_names
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.report_file import BadReport, read_file
from microfrontends.reports.settings import ReportsSettings


def report_files(patient: Patient) -> Iterator[Seen]:
    """The standard ones and the site's own."""
    settings = patient.settings
    own = settings.reports_dir if isinstance(settings, ReportsSettings) else None
    if own and not own.is_dir():
        yield wrong(f"{own} is no folder.", "Name the folder of report files in BIZOPS_REPORTS_DIR.")
    fit, names = 0, dict[str, str]()
    for folder in [STANDARD, *([own] if own and own.is_dir() else [])]:
        beside = sql_names.beside(folder / "tables.json")
        for path in sorted(folder.glob("*.yaml")):
            try:
                name = read_file(path, beside).report.name
            except (BadReport, OSError) as problem:
                yield wrong(f"{problem}.", f"Correct it, and try it with bizops reports check {path}.")
                continue
            if name in names:
                yield wrong(f"{path.name}: the report {name} is also in {names[name]}.", "Keep one of them.")
            fit, names[name] = fit + 1, path.name
    yield ok(f"{fit} reports can be used.")


EXAMINATIONS: dict[str, Examination] = {"reports": report_files}
