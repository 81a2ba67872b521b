"""What those are called who hold a lease in a database: a process, and one thing that it has taken up."""

import os
import platform
import secrets

_HOST = 40  # characters at most: with all that follows, a name has room in a column of 64


def process_name() -> str:
    """This process, told from all others and from those that had its number before."""
    return f"{platform.node()[:_HOST]}/{os.getpid()}/{secrets.token_hex(3)}"


def taking_of(process: str) -> str:
    """One taking of a process: none other, also of the same process, writes in its name."""
    return f"{process}/{secrets.token_hex(3)}"
