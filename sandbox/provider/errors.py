"""What the provider may refuse: with an OAuth error for a program, or with a page for a person."""


class Refused(Exception):
    """An OAuth error: its registered code, a sentence for the developer, and the HTTP status."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class Unaddressed(Exception):
    """A request that cannot be answered by a redirect, because it does not name a client and an address of it."""


class Expired(Unaddressed):
    """A pushed request that has been answered already, or was kept too long."""
