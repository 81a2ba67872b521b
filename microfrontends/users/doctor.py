"""What `bizops doctor` examines of this app besides: whether the directory of people answers our client."""

from collections.abc import Iterator

from bff.doctor.findings import Examination, Patient, Seen, ok, wrong
from microfrontends.users.directory import DirectoryUnavailable
from microfrontends.users.directory.chosen import directory_of
from microfrontends.users.settings import UsersSettings


def directory(patient: Patient) -> Iterator[Seen]:
    """Asked as the app asks it, for somebody who is not there."""
    assert isinstance(patient.settings, UsersSettings)
    try:
        directory_of(patient.settings).person("bizops-doctor")
    except DirectoryUnavailable as problem:
        yield wrong(
            f"The directory of people cannot be asked: {problem}",
            "Correct BIZOPS_DIRECTORY_URL and _KIND, or the client's rights there: docs/how-to/connect-a-directory.md.",
        )
        return
    yield ok(f"The directory of people ({patient.settings.directory_kind}) answers this app's client.")


EXAMINATIONS: dict[str, Examination] = {"directory": directory}
