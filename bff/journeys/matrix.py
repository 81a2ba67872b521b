"""Each role before each page of a menu: opened by whoever may, refused to whoever may not, and listed accordingly."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import urllib3
from urllib3.exceptions import HTTPError

from bff.access.files import RoleBook
from bff.contract.vocabularies import apps
from bff.journeys.people import Walker
from bff.journeys.visitor import Lost, Visitor

OPENED: Final = frozenset({200})
REFUSED: Final = frozenset({403, 404})  # of what a person is not to know of, the portal says that it is not there


@dataclass(frozen=True)
class Page:
    """Under which path the portal shows it, and all that a person must hold to open it."""

    path: str
    needs: frozenset[str]
    listed: bool = True  # in the menu of whoever may open it
    hub_only: bool = False  # not for people who see single participants alone

    def may_open(self, walker: Walker, book: RoleBook) -> bool:
        """Whether it must open for this person."""
        of_hub = any(book.roles[role].scope == "hub" for role in walker.roles if role in book.roles)
        return self.needs <= book.permissions_of(walker.roles) and (of_hub or not self.hub_only)


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
    return [Page(f"/{name}{entry['href']}", frozenset({entry.get("permission") or ""} - {""})) for entry in entries]


def brought(name: str) -> list[Page]:
    """Further pages that an installed app names in a module `journeys`."""
    wanted = f"{dict(apps()).get(name, '')}.journeys"
    try:
        made: list[Page] = import_module(wanted).pages() if not wanted.startswith(".") else []
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        return []
    return made


def walked(base_url: str, people: list[Walker], book: RoleBook, pages: list[Page], patience_s: float) -> Iterator[Step]:
    """Everybody's steps, as they are made. A menu may take `patience_s` until it lists everything."""
    for walker in people:
        visitor = Visitor(base_url)
        signing = _tried(walker, "signs in", lambda v=visitor, w=walker: _signed_in(v, w))  # type: ignore[misc]
        yield signing
        if signing.problem:
            continue
        allowed = [page for page in pages if page.may_open(walker, book)]
        menu = _menu(visitor, allowed, patience_s)
        for page in pages:
            may = page in allowed
            what = f"{'opens' if may else 'is refused'} {page.path}"
            yield _tried(walker, what, lambda v=visitor, p=page, m=menu, a=may: _at(v, p, m, a))  # type: ignore[misc]


def _menu(visitor: Visitor, allowed: list[Page], patience_s: float) -> str:
    """The home page, asked for again while it lacks an entry: the shell reads manifests in its own time."""
    until = time.monotonic() + patience_s
    while True:
        try:
            menu = visitor.get("/").text
        except Lost:
            menu = ""
        if all(_listed(page.path, menu) for page in allowed if page.listed) or time.monotonic() > until:
            return menu
        time.sleep(0.5)


def _signed_in(visitor: Visitor, walker: Walker) -> str:
    visitor.sign_in(walker.username, walker.password)
    return ""


def _at(visitor: Visitor, page: Page, menu: str, may: bool) -> str:
    answer = visitor.get(page.path)
    if answer.status not in (OPENED if may else REFUSED):
        return f"answered {answer.status}"
    if page.listed and _listed(page.path, menu) != may:
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
