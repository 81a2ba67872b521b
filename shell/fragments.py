"""Decides what stands in each area: the fragment, a copy of it, a place where it will come, or why it does not."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final, NamedTuple

from bff.identity.principal import Identity
from shell import unavailable
from shell.copies import Copy, Owner, owner_of, place_of
from shell.forwarding import Behalf, is_page
from shell.freshness import terms
from shell.messages import Reason, Reply, UpstreamError
from shell.platform import Platform
from shell.same import Same
from shell.slots import Area
from shell.upstreams import Asking, Call, Lane

ACCEPT_HTML: Final = ("Accept", "text/html")


class State(StrEnum):
    """What a person sees in an area."""

    FRESH = "fresh"  # asked for now
    CACHED = "cached"  # shown again, as its app allows
    STALE = "stale"  # the last good copy: the app does not answer
    LATE = "late"  # nothing yet: it is asked for once more, in its place
    FALLBACK = "fallback"


class Filled(NamedTuple):
    """An area with what is to stand in it. `as_of`: when a copy was made that stands in for a fragment."""

    area: Area
    state: State
    content: bytes = b""
    as_of: datetime | None = None
    seconds: float = 0.0
    timing: str = ""  # what its app says that it spent them on

    @property
    def empty(self) -> bool:
        """Whether its app has nothing to show to this person."""
        return self.state not in (State.LATE, State.FALLBACK) and not self.content.strip()


class Wish(NamedTuple):
    """One area that is to be filled, and the copy of it that there is."""

    area: Area
    owner: Owner
    place: str
    copy: Copy | None
    turn: int


class Filling:
    """The areas of one page. Copies are looked up at once; the rest is asked for together, when it is needed."""

    def __init__(self, platform: Platform, behalf: Behalf, areas: Sequence[Area], *, late: bool = False) -> None:
        self._platform, self._behalf, self._now = platform, behalf, time.time()
        self._lane = Lane.LATE if late else Lane.FRAGMENTS
        self._wishes = _wishes(platform, behalf, areas)
        self._done: dict[int, Filled] = {}
        self._asked: list[int] = []
        self._filled: list[Filled] | None = None

    @property
    def behalf(self) -> Behalf:
        """For whom it is all asked."""
        return self._behalf

    @property
    def waits(self) -> bool:
        """Whether anything is to be asked for before all areas are filled."""
        return any(wish.copy is None or self._now >= wish.copy.revalidating_until for wish in self._wishes)

    def filled(self) -> list[Filled]:
        """Each area, in order, all within one deadline; those that have nothing to show are left out."""
        if self._filled is None:
            calls = self.calls()
            self.take(calls, self._platform.upstreams.fetch(self._lane, calls, self.seconds))
        return self._filled or []

    @property
    def known(self) -> Sequence[Filled]:
        """What is filled already."""
        return self._filled or ()

    @property
    def seconds(self) -> float:
        """How long all of it may take."""
        settings = self._platform.settings
        return settings.late_seconds if self._lane is Lane.LATE else settings.slot_seconds

    def begin(self, calls: Sequence[Call]) -> Asking:
        """Ask without waiting: whoever does that takes what it brings."""
        return self._platform.upstreams.begin(self._lane, calls, self.seconds)

    def calls(self) -> list[Call]:
        """What is to be asked for; what there is a copy of stands ready."""
        asked = []
        for index, wish in enumerate(self._wishes):
            if wish.copy is None or self._now >= wish.copy.revalidating_until:
                self._asked.append(index)
                asked.append(self._call(wish))
                continue
            if self._now >= wish.copy.fresh_until:
                self._renew_behind(wish, self.seconds)
            self._done[index] = Filled(wish.area, State.CACHED, wish.copy.content(self._behalf.nonce))
        return asked

    def take(self, calls: Sequence[Call], outcomes: Sequence[Reply | UpstreamError]) -> list[Filled]:
        """Each area, in order, now that the calls have these outcomes."""
        for index, call, outcome in zip(self._asked, calls, outcomes, strict=True):
            self._done[index] = self._judge(self._wishes[index], call, outcome)
        whole = [self._done[index] for index in range(len(self._wishes))]
        self._filled = [each for each in whole if not each.empty]
        for each in self._filled:
            self._platform.measures.shown(each.area.app.upstream, each.state)
        for each in whole:
            if each.seconds > self._platform.slow.seconds:
                self._say_slow(each)
        return self._filled

    def _say_slow(self, filled: Filled) -> None:
        area = filled.area
        facts = {"microfrontend": area.app.name, "slot": area.slot, "number": area.number, "state": str(filled.state)}
        self._platform.slow.note("slow_fragment", area.app.upstream + area.path, filled.seconds, **facts)

    def _call(self, wish: Wish) -> Call:
        area = wish.area
        fields = [ACCEPT_HTML]
        if wish.copy is not None and wish.copy.etag:
            fields.append(("If-None-Match", wish.copy.etag))
        request = self._platform.request(area.app, self._behalf, area.target, fields)
        return Call(area.app.upstream, request, area.path, partial(self._learn, wish))

    def _renew_behind(self, wish: Wish, seconds: float) -> None:
        self._platform.upstreams.behind(Lane.FRAGMENTS, self._call(wish), seconds, once=wish.owner.name + wish.place)

    def _judge(self, wish: Wish, call: Call, outcome: Reply | UpstreamError) -> Filled:
        copy = wish.copy
        if isinstance(outcome, Reply):
            content = self._learn(wish, outcome)
            if content is not None:
                timing = outcome.headers.get("server-timing", "")
                return Filled(wish.area, State.FRESH, content, seconds=outcome.seconds, timing=timing)
            if outcome.status < 500:  # it is well, and does not show this to this person, or no longer
                copy = None
            outcome = UpstreamError(Reason.BROKEN, f"a fragment was answered with {outcome.status}", sent=True)
        unavailable.note(self._platform.registry, wish.area.app, outcome)
        if copy is not None and self._now < copy.usable_until:
            as_of = datetime.fromtimestamp(copy.at, UTC)
            return Filled(wish.area, State.STALE, copy.content(self._behalf.nonce), as_of, outcome.seconds)
        return Filled(wish.area, self._without(call, outcome), seconds=outcome.seconds)

    def _without(self, call: Call, error: UpstreamError) -> State:
        """Late is what may still come to whoever waits for it alone."""
        if self._lane is Lane.LATE or error.reason not in (Reason.LATE, Reason.OPEN):
            return State.FALLBACK
        return State.FALLBACK if self._platform.upstreams.known_bad(Lane.LATE, call) else State.LATE

    def _learn(self, wish: Wish, reply: Reply) -> bytes | None:
        """The fragment that an app answered, kept as far as it allows; None where it is none."""
        headers = reply.headers
        renewed = reply.status == 304 and wish.copy is not None
        whole = reply.status == 204 or (reply.status == 200 and is_page(headers))
        if not (renewed or whole) or headers.get("content-encoding", "identity") != "identity":
            return None
        self._platform.registry.answered(wish.area.app, headers.get("portal-version"))
        body = wish.copy.content(self._behalf.nonce) if renewed and wish.copy else reply.body
        standing_in = self._platform.settings.copies_minutes * 60
        allowed = terms(headers, wish.area.max_age, standing_in)
        if allowed is not None:
            now = time.time()
            copy = wish.copy.renewed(now, allowed) if renewed and wish.copy else None
            copy = copy or Copy.of(body, self._behalf.nonce, now, allowed, headers)
            if copy is not None:
                self._platform.copies.keep(wish.owner, wish.place, copy, wish.turn)
        return body


def _wishes(platform: Platform, behalf: Behalf, areas: Sequence[Area]) -> list[Wish]:
    zone = platform.settings.time_zone
    wanted = [_wanted(Same(area), behalf.identity, behalf.locale, zone) for area in areas]
    shelves = platform.copies.find(wanted) if wanted else []
    return [
        Wish(area, owner, places[0], shelf.copies[0], shelf.turn)
        for area, (owner, places), shelf in zip(areas, wanted, shelves, strict=True)
    ]


@lru_cache(10_000)
def _wanted(area: Same[Area], identity: Identity, locale: str, zone: str) -> tuple[Owner, tuple[str]]:
    """Whose copy of an area is looked for, and where."""
    app, target = area.thing.app, area.thing.target
    version = app.manifest.version if app.manifest else ""
    return owner_of(identity, app.name), (place_of(identity, app.upstream, version, app.mount, target, locale, zone),)
