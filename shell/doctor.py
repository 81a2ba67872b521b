"""What `bizops doctor` examines of the shell besides: its signing keys, and every micro-frontend that it composes."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from bff.contract.manifest import CONTRACT
from bff.doctor.asking import Unanswered, ask
from bff.doctor.findings import Examination, Patient, Seen, note, ok, wrong
from bff.doctor.keys import private
from bff.doctor.stores import missing_file
from bff.identity.keyring import KeyRing
from bff.key_file import KeyFileError
from shell.registry.manifests import BadManifestError, read
from shell.registry.records import Record, in_force
from shell.registry.store import Store
from shell.settings import ShellSettings


def assertion_keys(patient: Patient) -> Iterator[Seen]:
    """The keys that vouch for people towards micro-frontends."""
    settings = _settings(patient)
    path = settings.assertion_keys or settings.state_dir / "assertion-keys.json"
    if not path.exists():
        yield note(f"{path} is not there: the shell makes it when it starts.")
        return
    try:
        count = len(KeyRing(path).jwks()["keys"])
    except KeyFileError as problem:
        yield wrong(str(problem), f"Restore the file, or have a new key made: bizops assertions new-key {path}.")
        return
    yield from private(path, f"{path} holds {count} {'key' if count == 1 else 'keys'} for identity assertions.")


def copies(patient: Patient) -> Iterator[Seen]:
    """Where fragments are kept that may be shown again."""
    settings = _settings(patient)
    if settings.redis_url:
        yield ok("Copies of fragments are in Redis: every process of the shell forgets them at once.")
    elif settings.environment == "production":
        yield note(
            "Copies of fragments are in each process: with two, what somebody changed through one is shown by the "
            "other as it was, for as long as the fragment's max-age says.",
            "Name a Redis in BIZOPS_REDIS_URL before you run more than one.",
        )
    else:
        yield ok("Copies of fragments are in this process.")


def microfrontends(patient: Patient) -> Iterator[Seen]:
    """Each one's manifest, and the version of the contract that it speaks."""
    registered = _registered(_settings(patient))
    if not registered:
        yield note("No micro-frontend is registered.", "Name them in BIZOPS_MICROFRONTENDS, or register them.")
    for name, record in registered.items():
        if not record.enabled:
            yield note(f"Micro-frontend {name} is disabled.", "Enable it on the page Micro-frontends.")
            continue
        yield _manifest(name, record.url)


def _registered(settings: ShellSettings) -> dict[str, Record]:
    kept: dict[str, Record] = {}
    if not missing_file(settings.own_database):
        try:
            _, kept = Store(settings.own_database).load()
        except SQLAlchemyError:
            kept = {}  # told as the database's own trouble
    return in_force(settings.origins(), kept)


def _manifest(name: str, url: str) -> Seen:
    where = f"{url}/manifest.json"
    try:
        answer = ask(where)
    except Unanswered as problem:
        return wrong(f"Micro-frontend {name} does not answer: {problem}", "Start it, or correct its address.")
    told = answer.document()
    if answer.status != 200:
        return wrong(f"Micro-frontend {name} answers {answer.status} at {where}.", "Correct its address.")
    if told.get("contract") != CONTRACT:
        theirs = told.get("contract")
        return wrong(
            f"Micro-frontend {name} speaks version {theirs} of the contract, and this shell version {CONTRACT}.",
            "Upgrade the older of the two: docs/how-to/upgrade.md.",
        )
    try:
        manifest = read(told, name)
    except BadManifestError as problem:
        return wrong(f"Micro-frontend {name}: {problem}.", f"Whoever makes it can see why: bizops check {url}.")
    return ok(f"Micro-frontend {name} {manifest.version} speaks version {CONTRACT} of the contract.")


def _settings(patient: Patient) -> ShellSettings:
    settings = patient.settings
    assert isinstance(settings, ShellSettings)
    return settings


EXAMINATIONS: dict[str, Examination] = {
    "assertion keys": assertion_keys,
    "copies": copies,
    "micro-frontends": microfrontends,
}
