"""Decides what is listed of the tasks that apps hold: every one that can be believed, and what is missing by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

import structlog

from bff.identity.principal import Identity
from bff.money import Money
from bff.web.locale import language
from shell import own
from shell.asking import Heard, ask, those_with
from shell.platform import Platform
from shell.registry import MicroFrontend
from shell.untrusted import CODE, CURRENCY, IDENTIFIER, SHA256, BadItem, Item

INTERFACE: Final = "approvals"
PER_APP: Final = 200
PAGES: Final = 5  # of one app, in one look
LONGEST_PLACE: Final = 200  # characters of what asks for a next page
SOON: Final = timedelta(hours=1)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger()


class Show(StrEnum):
    """Which tasks: those that this person may decide now, their own, all open ones, those that are decided."""

    WAITING = "waiting"
    MINE = "mine"
    OPEN = "open"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Task:
    """A change that somebody asked for, as an app tells of it to one person. `may`: what that person may decide."""

    app: MicroFrontend
    id: str
    title: str
    sentence: str
    href: str
    state: str
    maker: str
    made_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    amounts: tuple[Money, ...]
    required: int
    given: int
    sha256: str
    may: frozenset[str]
    why_not: str

    @property
    def urgency(self) -> tuple[datetime, datetime]:
        """What expires first comes first, of the rest what is oldest."""
        return self.expires_at or _NEVER, self.made_at

    @property
    def tone(self) -> str:
        """How its row looks: what is about to expire stands out."""
        soon = self.expires_at is not None and self.expires_at - datetime.now(UTC) < SOON
        return "attention" if soon and self.state == "PENDING" else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The tasks of one app. `unread` could not be believed; `total` are there, `waiting` for the person, as it says."""

    app: MicroFrontend
    tasks: tuple[Task, ...] = ()
    unread: int = 0
    total: int = 0
    waiting: int = 0
    away: bool = False

    @property
    def title(self) -> str:
        """The app's name in the reader's language."""
        return self.app.title_in(language())

    @property
    def cut(self) -> bool:
        """Whether it has more than is listed."""
        return self.total > len(self.tasks) + self.unread


def gather(platform: Platform, identity: Identity, show: Show, most: int = PER_APP) -> list[Listed]:
    """What every app with approvals answers, the silent ones among them."""
    wanted = [
        (app, f"{found.href}?show={show}&limit={most}")
        for app, found in those_with(platform.registry, identity, INTERFACE)
    ]
    heard = [*own.requests(identity, show, most), *ask(platform, identity, wanted)]
    whole = most == PER_APP and show is not Show.DECIDED
    if whole:
        heard = [_whole(platform, identity, show, each) for each in heard]
    # Whoever never showed a manifest and does not know the address has no approvals.
    return [_listed(each, most * PAGES if whole else most) for each in heard if each.status != 404 or each.app.manifest]


def _whole(platform: Platform, identity: Identity, show: Show, heard: Heard) -> Heard:
    """What an app has open, page by page, as far as PAGES reach: what waits must not be hidden behind what is newer."""
    told, found = heard.document.get("approvals"), heard.app.manifest and heard.app.manifest.interface(INTERFACE)
    if not isinstance(told, list):
        return heard
    items, after = told[:PER_APP], heard.document.get("next") if found else ""
    for _page in range(PAGES - 1):
        if not found or not isinstance(after, str) or not 0 < len(after) <= LONGEST_PLACE:
            break
        query = urlencode({"show": show, "limit": PER_APP, "after": after})
        (more,) = ask(platform, identity, [(heard.app, f"{found.href}?{query}")])
        if not more.ok or not isinstance(more.document.get("approvals"), list):
            break
        items, after = items + more.document["approvals"][:PER_APP], more.document.get("next")
    return replace(heard, document={**heard.document, "approvals": items})


def in_order(listed: Sequence[Listed], show: Show) -> list[Task]:
    """All tasks as they are worked through: the most urgent first; of what is decided, the newest."""
    tasks = [task for each in listed for task in each.tasks]
    if show is Show.DECIDED:
        return sorted(tasks, key=lambda task: task.changed_at, reverse=True)
    return sorted(tasks, key=lambda task: task.urgency)


def _listed(heard: Heard, most: int) -> Listed:
    if not heard.ok:
        return Listed(heard.app, away=True)
    told = heard.document.get("approvals")
    items = told[:most] if isinstance(told, list) else []
    tasks = [task for task in (_task_or_none(heard.app, item) for item in items) if task]
    unread = len(items) - len(tasks)
    return Listed(heard.app, tuple(tasks), unread, _count(heard, "total", len(items)), _count(heard, "waiting", 0))


def _count(heard: Heard, name: str, otherwise: int) -> int:
    try:
        return Item(heard.document).count(name)
    except BadItem:
        return otherwise


def _task_or_none(app: MicroFrontend, given: object) -> Task | None:
    try:
        return read(app, given)
    except BadItem as problem:
        log.warning("approval_not_read", microfrontend=app.name, problem=str(problem))
        return None


def read(app: MicroFrontend, given: object) -> Task:
    """One task as an app tells of it. Raises BadItem."""
    item = Item(given)
    sentence = item.text("sentence") or item.text("title")
    if not sentence:
        raise BadItem("sentence")
    return Task(
        app=app,
        id=item.word("id", IDENTIFIER),
        title=item.text("title"),
        sentence=sentence,
        href=item.path("href", app.mount),
        state=item.word("state", CODE),
        maker=item.part("maker").text("name") or item.part("maker").text("subject"),
        made_at=item.moment("made_at"),
        changed_at=item.moment("changed_at" if item.holds("changed_at") else "made_at"),
        expires_at=item.moment("expires_at") if item.holds("expires_at") else None,
        amounts=tuple(Money(each.word("currency", CURRENCY), each.figure("amount")) for each in item.parts("amounts")),
        required=item.count("required"),
        given=item.count("given"),
        sha256=item.word("sha256", SHA256),
        may=frozenset(verdict for verdict in ("approve", "reject", "withdraw") if item.part("may").flag(verdict)),
        why_not=item.text("why_not"),
    )
