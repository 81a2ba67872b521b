"""Each role before each route of an app, pages and commands: served to whoever holds its permission, else refused."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from bff.access.files import RoleBook
from bff.contract.vocabularies import apps
from bff.journeys.people import Walker
from bff.journeys.visitor import Visitor
from bff.journeys.walks import expect

FILE: Final = "routes.json"  # in an app's package; `make docs` writes it from the routes themselves
REFUSED: Final = frozenset({403, 404})  # of what a person is not to know of, the portal says that it is not there
HOST: Final = "shell"  # its routes stand under no name


@dataclass(frozen=True)
class Route:
    """A method, a path with numbers and names that nothing has, and the permission that it asks for."""

    method: str
    path: str
    permission: str


def routes_of(name: str) -> Iterator[Route]:
    """The routes of an installed app; none of an app that brings no file of them."""
    package = dict(apps()).get(name)
    file = files(package).joinpath(FILE) if package else None
    if file is None or not file.is_file():
        return
    mount = "" if name == HOST else f"/{name}"
    for method, routes in json.loads(file.read_text("utf-8")).items():
        for path, permission in routes.items():
            yield Route(method, mount + path, permission)


def tried(visitor: Visitor, walker: Walker, book: RoleBook, routes: list[Route]) -> None:
    """Ask for each. Nothing is sent by whoever may: what is sent is sent by those who may not. Raises Lost."""
    held, wrong = book.permissions_of(walker.roles), []
    for route in routes:
        may = route.permission in held
        if route.method == "GET":
            status = visitor.status(route.path)
            good = status < 500 and status not in (401, 403) if may else status in REFUSED
        elif may:
            continue
        else:
            status = visitor.forged(route.method, route.path)
            good = status in REFUSED
        if not good:
            wrong.append(f"{route.method} {route.path} answered {status} {'with' if may else 'without'} its permission")
    expect(not wrong, "; ".join(wrong))
