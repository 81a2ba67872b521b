"""Which store keeps the assignments: told by the scheme of its URL."""

from urllib.parse import urlsplit

from bff.access.assignments import SqlAssignments
from bff.access.holding import Assignments

SCHEMES = ("keto", "keto+https")


def store_for(url: str) -> Assignments:
    """`keto://host:4466?write=host:4467` (or keto+https) is Ory Keto; everything else a SQLAlchemy URL."""
    if urlsplit(url).scheme in SCHEMES:
        from bff.access.keto import KetoAssignments  # here: with it comes an HTTP client that few apps need

        return KetoAssignments(url)
    return SqlAssignments(url)
