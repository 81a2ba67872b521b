"""Gives the sandbox's people their roles, in a store that has none: `python -m sandbox.up.assign`, a cluster's job."""

import os
import sys

from bff.access.stores import store_for
from sandbox.provider.people import read_machines, read_people
from sandbox.up.databases import assign
from sandbox.up.plan import MACHINES_FILE, USERS_FILE


def main() -> None:
    """Once: what somebody has changed since then stays."""
    url = os.environ.get("BIZOPS_ACCESS_DATABASE_URL", "")
    if not url:
        sys.exit("BIZOPS_ACCESS_DATABASE_URL is not set; it names the store of roles.")
    if not store_for(url).holdings():
        assign(url, (*read_people(USERS_FILE), *read_machines(MACHINES_FILE)))


if __name__ == "__main__":
    main()
