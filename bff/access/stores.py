"""Which store keeps the assignments: told by the scheme of its URL."""

from urllib.parse import urlsplit

from bff.access.assignments import SqlAssignments
from bff.access.holding import Assignments
from bff.access.keto import SCHEMES, KetoAssignments


def store_for(url: str) -> Assignments:
    """`keto://host:4466?write=host:4467` (or keto+https) is Ory Keto; everything else a SQLAlchemy URL."""
    return KetoAssignments(url) if urlsplit(url).scheme in SCHEMES else SqlAssignments(url)
