"""The few ways in which a request may fail, each mapped once to a status and a page by `bff.web.failures`."""


class RuleBroken(Exception):
    """A rule of the field forbids it (409). The message is a sentence for the person who asked."""


class HubRefused(Exception):
    """The hub said no. Its own code and words are kept; `status` is the HTTP status it answered with."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(f"{code} {description}")
        self.code, self.description, self.status = code, description, status


class HubUnavailable(Exception):
    """The hub did not answer, or not in its own language (502). `sent` says whether a write may have arrived."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class OutsideAction(Exception):
    """Code tried to change something outside an action: a fault of the program, never of whoever asked."""


class NotPermitted(Exception):
    """The identity lacks a permission (403)."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class StepUpNeeded(Exception):
    """The sign-in behind the session is too weak, or too long ago, for this. `max_age` is in seconds."""

    def __init__(self, acr: tuple[str, ...] = (), max_age: int | None = None) -> None:
        super().__init__(f"acr {' '.join(acr) or 'any'}, at most {max_age} s old")
        self.acr, self.max_age = acr, max_age


class NotSignedIn(Exception):
    """Nobody is signed in (page: to the login; fragment: 401 that leads there; API: 401)."""


class InvalidIdentity(Exception):
    """An assertion was presented and is not valid (401). Never falls back to another way in."""


class TokenRefused(InvalidIdentity):
    """An access token that is not valid here (401); `scope` is the one that it lacks, if that is all (403)."""

    def __init__(self, reason: str, scope: str = "") -> None:
        super().__init__(reason)
        self.scope = scope


class UnknownClient(Exception):
    """A client of the provider that nobody has given a role or a participant (403)."""

    def __init__(self, client: str, subject: str) -> None:
        super().__init__(f"{client} {subject}")
        self.client, self.subject = client, subject


class TooOften(Exception):
    """More requests than are allowed (429); `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class ForgedRequest(Exception):
    """A change asked for by another site, or without the session's token (403)."""


class Missing(Exception):
    """No such object, or not one that this identity may know of (404). The message names what was looked for."""


class StoreUnavailable(Exception):
    """The store of roles and participants cannot answer (503): nobody may do anything until it can."""


class Underway(StoreUnavailable):
    """Our own store went away under a change (503): it may have been kept, and then it is done or will be."""


class Note(str):
    """What a readiness check answers when something wants a person's eyes and keeps nobody from being served."""

    __slots__ = ()
