"""A deployment walked: is it there, each role before each page and route, and what its apps have walked besides."""

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
from bff.journeys.routes import HOST, REFUSED, routes_of, tried
from bff.journeys.visitor import Lost, Visitor
from bff.journeys.walks import Cast, NotWalked, Walk, expect, module_of, walks_of

OPENED: Final = frozenset({200})
READS_ONLY: Final = "it changes what the hub holds: --writes allows that"


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
    """What was tried and what came of it; `problem` is empty where it came as it should.

    `left_out`: why it was not tried, where this deployment does not let it be.
    """

    walker: str
    name: str
    problem: str
    left_out: str = ""


@dataclass(frozen=True)
class Deployment:
    """What is walked: where, by whom, and what there is. A menu may take `patience_s` until it lists everything."""

    base_url: str
    people: list[Walker]
    book: RoleBook
    pages: list[Page]
    apps: tuple[str, ...]
    patience_s: float
    writes: bool = False


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
    """Further pages that an installed app names."""
    return list(getattr(module_of(name), "pages", list)())


def walked(here: Deployment) -> Iterator[Step]:
    """Everything, step by step, as it is done."""
    yield from _smoke(here)
    for walker in here.people:
        yield from _matrix(here, walker)
    cast = Cast(here.base_url, here.people, here.book, here.patience_s, set(here.apps))
    for name in here.apps:
        for walk in walks_of(name):
            yield _walk(cast, name, walk) if here.writes or not walk.writes else Step(name, walk.name, "", READS_ONLY)


def _smoke(here: Deployment) -> Iterator[Step]:
    """Alive, ready, and closed to whoever comes without a name."""
    stranger = Visitor(here.base_url)
    for path, wanted in (("/health/live", 200), ("/health/ready", 200), ("/", 302), ("/audit/rows.csv", 302)):
        yield _tried("a stranger", f"{path} answers {wanted}", lambda p=path, w=wanted: _answers(stranger, p, w))  # type: ignore[misc]


def _answers(visitor: Visitor, path: str, wanted: int) -> None:
    status = visitor.status(path)
    expect(status == wanted, f"answered {status}")


def _matrix(here: Deployment, walker: Walker) -> Iterator[Step]:
    """One person before each page, and before each route of each app."""
    who = f"{walker.username} ({', '.join(sorted(walker.roles)) or 'no role'})"
    visitor = Visitor(here.base_url)
    signing = _tried(who, "signs in", lambda: visitor.sign_in(walker.username, walker.password))
    yield signing
    if signing.problem:
        return
    allowed = [page for page in here.pages if page.may_open(walker, here.book)]
    menu = _menu(visitor, allowed, here.patience_s)
    for page in here.pages:
        may = page in allowed
        what = f"{'opens' if may else 'is refused'} {page.path}"
        yield _tried(who, what, lambda p=page, a=may: _at(visitor, p, menu, a))  # type: ignore[misc]
    for name in (HOST, *here.apps):
        if routes := list(routes_of(name)):
            yield _tried(
                who,
                f"is served what they may and refused what they may not, of {len(routes)} routes of {name}",
                lambda r=routes: tried(visitor, walker, here.book, r),  # type: ignore[misc]
            )


def _walk(cast: Cast, name: str, walk: Walk) -> Step:
    try:
        return _tried(name, walk.name, lambda: walk.go(cast))
    except NotWalked as reason:
        return Step(name, walk.name, "", str(reason))


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


def _at(visitor: Visitor, page: Page, menu: str, may: bool) -> None:
    answer = visitor.get(page.path)
    expect(answer.status in (OPENED if may else REFUSED), f"answered {answer.status}")
    if page.listed and _listed(page.path, menu) != may:
        raise Lost("is not in the menu" if may else "is in the menu")


def _listed(path: str, menu: str) -> bool:
    return re.search(rf'href="{re.escape(path)}"', menu) is not None


def _tried(who: str, name: str, step: Callable[[], None]) -> Step:
    try:
        step()
    except Lost as lost:
        return Step(who, name, str(lost))
    return Step(who, name, "")
