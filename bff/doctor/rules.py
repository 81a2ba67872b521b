"""Whether roles, exclusions and approval policy are fit for use, and are what the running app goes by."""

from collections.abc import Iterator

from bff.access import check, files
from bff.access.stores import store_for
from bff.contract.vocabularies import vocabularies
from bff.doctor.asking import Unanswered, ask
from bff.doctor.findings import Patient, Seen, note, ok, wrong
from bff.doctor.stores import missing_file
from bff.errors import StoreUnavailable

PLACES = ("missing", "notes")


def role_files(patient: Patient) -> Iterator[Seen]:
    """As `bizops roles check` has it, also against what everybody holds now."""
    settings = patient.settings
    folder = settings.roles_dir or files.STANDARD
    if not folder.is_dir():
        yield wrong(f"{folder} is no folder.", "Name the folder of role files in BIZOPS_ROLES_DIR.")
        return
    book, found = check.lint(folder, vocabularies())
    try:
        if not missing_file(settings.access_database_url):
            found += check.preflight(book, store_for(settings.access_database_url).holdings())
    except StoreUnavailable:
        yield note("What people hold could not be checked: the access store is away.", "Repair that first.")
    remedy = "Correct the file: docs/how-to/keep-roles.md, docs/how-to/say-who-approves.md."
    for each in found:
        yield note(f"{each.sentence}.") if each.is_warning else wrong(f"{each.sentence}.", remedy)
    if all(each.is_warning for each in found):
        yield ok(f"{len(book.roles)} roles and {len(book.exclusions)} exclusions are fit for use.")


def running(patient: Patient) -> Iterator[Seen]:
    """What the running app says of itself: also whether the files are in force, and whether its workers are at work."""
    url = f"{patient.settings.base_url}/health/ready"
    try:
        answer = ask(url)
    except Unanswered as away:
        yield note(f"The app does not answer from here: {away}", f"If it should run: bizops serve {patient.app}.")
        return
    said = answer.document()
    if "status" not in said:
        yield note(f"{url} answers {answer.status}, and not as an app of the portal does.", "Ask the app itself.")
        return
    for name, problem in _pairs(said.get("missing")):
        yield wrong(f"The running app is not ready: {name}: {problem}.", "Its log says more.")
    for name, problem in _pairs(said.get("notes")):
        yield wrong(f"The running app notes: {name}: {problem}.", "Its log says why.")
    if not any(said.get(place) for place in PLACES):
        yield ok("The running app is ready and has nothing to note.")


def _pairs(told: object) -> list[tuple[str, str]]:
    return [(str(key), str(value)) for key, value in told.items()] if isinstance(told, dict) else []
