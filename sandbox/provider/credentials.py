"""Whether what somebody typed or clicked on the sign-in page proves who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sandbox.provider.people import People, Person


class Problem(StrEnum):
    """Why nobody has been signed in."""

    NONE = ""
    WRONG = "wrong"
    WRONG_CODE = "wrong code"
    INACTIVE = "inactive"


@dataclass(frozen=True)
class Credentials:
    """What the form held: the subject of a one-click button, or user name and password; perhaps a one-time code."""

    chosen: str = ""
    username: str = ""
    password: str = ""
    code: str = ""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Credentials":
        """The form's fields."""
        return cls(**{name: form.get(name, "") for name in ("chosen", "username", "password", "code")})


@dataclass(frozen=True)
class Outcome:
    """A person who has proved who they are, or what is wrong, or whose one-time code is still wanted."""

    person: Person | None = None
    problem: Problem = Problem.NONE
    code_of: Person | None = None


def check(credentials: Credentials, people: People, second_factor: bool) -> Outcome:
    """The outcome of one attempt. Without the password nobody learns that an account is inactive."""
    person = _first_factor(credentials, people)
    if person is None:
        return Outcome(problem=Problem.WRONG)
    if not person.active:
        return Outcome(problem=Problem.INACTIVE)
    if not second_factor or person.holds(credentials.code):
        return Outcome(person=person)
    asked_before = bool(credentials.code) or not credentials.chosen
    code_of = person if credentials.chosen else None
    return Outcome(problem=Problem.WRONG_CODE if asked_before else Problem.NONE, code_of=code_of)


def _first_factor(credentials: Credentials, people: People) -> Person | None:
    if credentials.chosen:
        person = people.get(credentials.chosen)
        return person if person and person.shown else None
    person = people.named(credentials.username)
    return person if person and person.knows(credentials.password) else None
