"""What the hub is told on closing: why, and who asked; never longer than its column."""

LONGEST = 512  # the hub's column; a longer text is a database error there
LONGEST_TYPED = 400
UNSAID = "Closed by hand"


def tidy(typed: str) -> str:
    """The typed reason as one line: line breaks would not survive the hub's reports."""
    return " ".join(typed.split())


def reason_for(typed: str, username: str) -> str:
    """The reason as the hub keeps it: `End of day (olivia)`. A username beyond all measure is cut, not the reason."""
    said = (tidy(typed) or UNSAID)[:LONGEST_TYPED]
    return f"{said} ({username[: LONGEST - len(said) - 3]})"
