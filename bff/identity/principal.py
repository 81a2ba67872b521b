"""Who acts in a request, and the two questions every app asks of them: what may they do, whose data may they see?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """Who asks, the same whichever way they came: the shell's assertion, an own login, a client's access token, a test.

    `subject` is the provider's stable id and the only key to store. `hub` means: holds a role of hub scope.
    `session` names the session without being able to open it. `auth_time` is in seconds since 1970. A `machine` is a
    client that acts in its own name: it has no session and no sign-in, and decides on nobody's request.
    """

    subject: str
    name: str
    username: str
    participants: frozenset[str]
    hub: bool
    permissions: frozenset[str]
    roles: tuple[str, ...]
    csrf: str
    session: str
    acr: str | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] = ()
    machine: bool = False

    def __hash__(self) -> int:
        # Several memories are asked for a person at every request; what never changes is counted up once.
        known: int | None = self.__dict__.get("_hash")
        if known is None:
            known = hash((self.subject, self.session, self.permissions, self.participants, self.roles))
            object.__setattr__(self, "_hash", known)
        return known

    def may(self, permission: str) -> bool:
        """Whether the identity holds the permission."""
        return str(permission) in self.permissions

    @property
    def sees_all(self) -> bool:
        """Whether every participant's data is in view: a hub role, not narrowed to some participants."""
        return self.hub and not self.participants

    def sees(self, participant: str) -> bool:
        """Whether the participant's data is in view. Without a hub role and without a participant, nothing is."""
        return self.sees_all or participant in self.participants
