"""What keeps the portal from running here, as one sentence for the person at the terminal."""


class Problem(Exception):
    """Something that a person must put right: its text says what, and how."""
