"""What the hub is told on closing: why, and who asked; never longer than its column."""

from collections.abc import Sequence

LONGEST = 512  # the hub's column; a longer text is a database error there
LONGEST_TYPED = 400
UNSAID = "Closed by hand"


def tidy(typed: str) -> str:
    """The typed reason as one line: line breaks would not survive the hub's reports."""
    return " ".join(typed.split())


def reason_for(typed: str, usernames: Sequence[str]) -> str:
    """The reason as the hub keeps it, with maker and checkers: `End of day (olivia, marcus)`.

    Usernames beyond all measure are cut, not the reason.
    """
    said = (tidy(typed) or UNSAID)[:LONGEST_TYPED]
    return f"{said} ({', '.join(usernames)[: LONGEST - len(said) - 3]})"
