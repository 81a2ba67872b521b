"""Each role before each page of a menu: opened by whoever may, refused to whoever may not, and listed accordingly."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from urllib3.exceptions import HTTPError

from bff.access.files import RoleBook
from bff.journeys.people import Walker
from bff.journeys.visitor import Lost, Visitor

PATIENCE_S: Final = 20.0


@dataclass(frozen=True)
class Page:
    """An entry of a menu: under which path the portal shows it, and who may open it (empty: whoever has signed in)."""

    path: str
    permission: str


@dataclass(frozen=True)
class Step:
    """What was tried and what came of it; `problem` is empty where it came as it should."""

    walker: str
    name: str
    problem: str


def pages_of(name: str, url: str) -> list[Page]:
    """The pages of an app, from its manifest. Raises Lost."""
    try:
        answer = urllib3.request("GET", f"{url.rstrip('/')}/manifest.json", timeout=10, retries=False)
        manifest: Mapping[str, Any] = json.loads(answer.data)
        entries = manifest["navigation"]
    except (HTTPError, ValueError, LookupError, TypeError) as problem:
        raise Lost(f"{url} offers no manifest: {problem}") from problem
    return [Page(f"/{name}{entry['href']}", entry.get("permission") or "") for entry in entries]


def walked(base_url: str, people: list[Walker], book: RoleBook, pages: list[Page]) -> Iterator[Step]:
    """Everybody's steps, as they are made."""
    for walker in people:
        visitor = Visitor(base_url)
        signing = _tried(walker, "signs in", lambda v=visitor, w=walker: _signed_in(v, w))  # type: ignore[misc]
        yield signing
        if signing.problem:
            continue
        permissions = book.permissions_of(walker.roles)
        allowed = [page for page in pages if not page.permission or page.permission in permissions]
        menu = _menu(visitor, allowed)
        for page in pages:
            may = page in allowed
            what = f"{'opens' if may else 'is refused'} {page.path}"
            yield _tried(walker, what, lambda v=visitor, p=page, m=menu, a=may: _at(v, p, m, a))  # type: ignore[misc]


def _menu(visitor: Visitor, allowed: list[Page]) -> str:
    """The home page, asked for again while it lacks an entry: the shell reads manifests in its own time."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            menu = visitor.get("/").text
        except Lost:
            menu = ""
        if all(_listed(page.path, menu) for page in allowed) or time.monotonic() > until:
            return menu
        time.sleep(0.5)


def _signed_in(visitor: Visitor, walker: Walker) -> str:
    visitor.sign_in(walker.username, walker.password)
    return ""


def _at(visitor: Visitor, page: Page, menu: str, may: bool) -> str:
    answer = visitor.get(page.path)
    if answer.status != (200 if may else 403):
        return f"answered {answer.status}"
    if _listed(page.path, menu) != may:
        return "is not in the menu" if may else "is in the menu"
    return ""


def _listed(path: str, menu: str) -> bool:
    return re.search(rf'href="{re.escape(path)}"', menu) is not None


def _tried(walker: Walker, name: str, step: Callable[[], str]) -> Step:
    try:
        problem = step()
    except Lost as lost:
        problem = str(lost)
    who = ", ".join(sorted(walker.roles)) or "no role"
    return Step(f"{walker.username} ({who})", name, problem)
