"""Keeps each app's `routes.json`: its routes by method, and the permission of each, for `bizops journeys` to try."""

import json
import re
import tempfile
from pathlib import Path

from flask import Flask

from bff.access.permissions import ANY_LOGIN, ANYONE
from bff.journeys.routes import FILE
from tests.test_every_route import APPS, made, routes

ROOT = Path(__file__).parents[1]


def told(app: Flask) -> str:
    """What the file of an app must say."""
    found: dict[str, dict[str, str]] = {}
    for path, method, access in sorted(routes(app)):
        if access not in (ANYONE, ANY_LOGIN):
            # A number that nothing has: whoever may open it finds nothing, and whoever may not never learns that.
            found.setdefault(method, {})[re.sub(r"/1(?=/|$)", "/0", path)] = access
    return json.dumps(dict(sorted(found.items())), indent=1) + "\n"


def file_of(name: str) -> Path:
    """Where it is kept."""
    return ROOT / APPS[name].replace(".", "/") / FILE


def main() -> None:
    """Write all of them."""
    for name in sorted(APPS):
        with tempfile.TemporaryDirectory() as folder, made(name, Path(folder)) as app:
            file_of(name).write_text(told(app), "utf-8")


if __name__ == "__main__":
    main()
