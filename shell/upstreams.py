"""The one door to every micro-frontend: decides by breaker and bulkhead whether it is asked at all; measures it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import structlog

from bff import tracing
from bff.tracing import Span
from shell.breaker import Breaker, Breakers
from shell.client import Answer, Client
from shell.deadlines import Steps, gather
from shell.measures import Measures
from shell.messages import Reason, Reply, Request, UpstreamError, Waits
from shell.probing import Prober

log = structlog.get_logger()

BEHIND: Final = 64  # requests that may wait to be made behind everybody's back
WORKERS: Final = 4
GATEWAY_FAILURES: Final = (502, 503, 504)


class Lane(StrEnum):
    """What a request is for. Each has its own share of an upstream, so that none starves another.

    `LATE` is a fragment again, after the page that it was too slow for."""

    PAGES = "pages"
    FRAGMENTS = "fragments"
    LATE = "late"
    DATA = "data"


class Call(NamedTuple):
    """A request to be made together with others.

    `path` names what fails by itself: a fragment for instance. Without one it is the upstream as a whole."""

    upstream: str
    request: Request
    path: str = ""
    learn: Callable[[Reply], object] = lambda _: None  # told of an answer that came behind everybody's back


@dataclass(slots=True)
class Asking:
    """Calls under way. Whoever began them says once how they ended."""

    _upstreams: "Upstreams"
    _lane: Lane
    _asked: Sequence[Call]
    _refusals: Sequence[UpstreamError | None]
    conversations: Sequence[Steps[Reply | UpstreamError]]

    def end(self, replies: Sequence[Reply | UpstreamError]) -> list[Reply | UpstreamError]:
        """The outcome of every call, those not asked among them, from what each conversation has brought."""
        for call, reply in zip(self._asked, replies, strict=True):
            self._upstreams.over(self._lane, call, reply)
        brought = iter(replies)
        return [refusal or next(brought) for refusal in self._refusals]

    def abandon(self) -> None:
        """Nobody waits any longer."""
        for call, conversation in zip(self._asked, self.conversations, strict=True):
            conversation.close()
            self._upstreams.over(self._lane, call, None)


class Upstreams:
    """All of them. `shares`: how many requests of a lane one upstream is given at the same time."""

    def __init__(self, client: Client, breakers: Breakers, measures: Measures, shares: Mapping[Lane, int]) -> None:
        self._client, self._breakers, self._measures = client, breakers, measures
        self._shares = shares
        self._under_way: dict[tuple[Lane, str], int] = {}
        self._lock = threading.Lock()
        self._prober = Prober(client, breakers)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="behind")
        self._behind = threading.BoundedSemaphore(BEHIND)
        self._once: set[str] = set()

    def stream(self, upstream: str, request: Request, waits: Waits) -> Answer:
        """The head of a page, to be read and closed. Raises UpstreamError, also where it was not asked at all."""
        breaker = self._breakers.of(upstream)
        if not breaker.allows():
            raise self._not_asked(upstream, Reason.OPEN, "it has failed too often")
        if not self._enter(Lane.PAGES, upstream):
            raise self._not_asked(upstream, Reason.FULL, "too many pages of it are under way")
        began = time.monotonic()
        try:
            answer = self._client.stream(
                request, seconds=waits.head, stall=waits.stall, patience=waits.patience, browser=waits.browser
            )
        except BaseException as error:
            self._leave(Lane.PAGES, upstream)
            if isinstance(error, UpstreamError) and error.reason is not Reason.ABANDONED:
                self._over(Lane.PAGES, Call(upstream, request), time.monotonic() - began, error.reason)
                self._fail(breaker, Call(upstream, request))
            raise
        answer.when_over(lambda: self._leave(Lane.PAGES, upstream))
        self._over(Lane.PAGES, Call(upstream, request), time.monotonic() - began, _failed(answer.head.status))
        if _without_words(answer.head.status, answer.head.headers):
            self._fail(breaker, Call(upstream, request))
        else:
            breaker.succeeded()
        return answer

    def fetch(self, lane: Lane, calls: Sequence[Call], seconds: float) -> list[Reply | UpstreamError]:
        """The answers in their order, all within `seconds`; whom not to ask has failed at once."""
        asking = self.begin(lane, calls, seconds)
        try:
            replies = gather(asking.conversations, time.monotonic() + seconds)
        except BaseException:
            asking.abandon()
            raise
        return asking.end(replies)

    def begin(self, lane: Lane, calls: Sequence[Call], seconds: float) -> "Asking":
        """The same for whoever waits by themselves: they move the conversations on, and end or abandon them."""
        refusals = [self._refusal(lane, call, seconds) for call in calls]
        asked = [call for call, refusal in zip(calls, refusals, strict=True) if refusal is None]
        return Asking(self, lane, asked, refusals, [self._client.conversation(call.request) for call in asked])

    def over(self, lane: Lane, call: Call, outcome: Reply | UpstreamError | None) -> None:
        """A call is no longer under way; without an outcome nobody has waited for it."""
        self._leave(lane, call.upstream)
        if outcome is not None:
            self._judge(lane, call, outcome)

    def behind(self, lane: Lane, call: Call, seconds: float, once: str) -> None:
        """Ask behind everybody's back, where there is room and not `once` already; the answer goes to `call.learn`."""
        with self._lock:
            if once in self._once:
                return
            self._once.add(once)
        if not self._later(lambda: self._renew(lane, call, seconds), then=lambda: self._once.discard(once)):
            self._once.discard(once)

    def close(self) -> None:
        self._prober.stop()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _renew(self, lane: Lane, call: Call, seconds: float) -> None:
        outcome = self.fetch(lane, [call], seconds)[0]
        if isinstance(outcome, Reply):
            call.learn(outcome)

    def _later(self, what: Callable[[], None], then: Callable[[], None] = lambda: None) -> bool:
        """Do it in a thread of its own; False where too much waits for that already."""
        if not self._behind.acquire(blocking=False):
            return False

        def do() -> None:
            try:
                what()
            except Exception:  # nobody waits for it, so nobody else would ever hear of it
                log.exception("failed_behind")
            finally:
                self._behind.release()
                then()

        self._workers.submit(do)
        return True

    def known_bad(self, lane: Lane, call: Call) -> bool:
        """Whether it would be refused now because it failed too often."""
        return not self._breakers.of(_key(lane, call)).allows()

    def _refusal(self, lane: Lane, call: Call, seconds: float) -> UpstreamError | None:
        breaker = self._breakers.of(_key(lane, call))
        if not breaker.allows():
            # The probe is this very request, on which nobody waits; what may change something is never sent twice.
            if call.path and call.request.repeatable and breaker.claim():
                self._probe(breaker, call, seconds)
            return self._not_asked(call.upstream, Reason.OPEN, "it has failed too often")
        if self._enter(lane, call.upstream):
            return None
        return self._not_asked(call.upstream, Reason.FULL, "too many requests to it are under way")

    def _not_asked(self, upstream: str, reason: Reason, why: str) -> UpstreamError:
        self._measures.refused(upstream, reason)
        return UpstreamError(reason, why, sent=False)

    def _probe(self, breaker: Breaker, call: Call, seconds: float) -> None:
        def ask() -> None:
            outcome = self._client.fetch_many([call.request], seconds)[0]
            breaker.probed(well=isinstance(outcome, Reply) and outcome.status < 500)
            if isinstance(outcome, Reply):
                call.learn(outcome)

        if not self._later(ask):
            breaker.probed(well=False)

    def _judge(self, lane: Lane, call: Call, outcome: Reply | UpstreamError) -> None:
        failed = _failed(outcome.status) if isinstance(outcome, Reply) else outcome.reason
        self._over(lane, call, outcome.seconds, failed)
        breaker = self._breakers.of(_key(lane, call))
        # What the app itself says of one thing that failed is no reason not to ask it for anything.
        whole = not call.path and isinstance(outcome, Reply) and not _without_words(outcome.status, outcome.headers)
        if not failed or whole:
            breaker.succeeded()
        else:
            self._fail(breaker, call)

    def _fail(self, breaker: Breaker, call: Call) -> None:
        if breaker.failed():
            log.warning("breaker_open", upstream=call.upstream, path=call.path)
            if not call.path:
                self._prober.watch(call.upstream, call.request.origin)

    def _over(self, lane: Lane, call: Call, seconds: float, failed: str) -> None:
        """A request took so long, for the figures and for its trace."""
        step = call.request.step
        self._measures.asked(call.upstream, lane, seconds, failed=failed, trace_id=step.trace_id if step else "")
        if step and tracing.wanted():
            method, path = call.request.method, call.request.target.partition("?")[0]
            facts = {"http.request.method": method, "url.path": path, "bizops.upstream": call.upstream}
            app = call.upstream.partition("@")[0]
            tracing.tell(Span("shell", f"{app} {lane}", step, seconds, {**facts, "bizops.lane": lane}, failed=failed))

    def _enter(self, lane: Lane, upstream: str) -> bool:
        with self._lock:
            under_way = self._under_way.get((lane, upstream), 0)
            if under_way >= self._shares[lane]:
                return False
            self._under_way[lane, upstream] = under_way + 1
            return True

    def _leave(self, lane: Lane, upstream: str) -> None:
        with self._lock:
            left = self._under_way[lane, upstream] - 1
            if left:
                self._under_way[lane, upstream] = left
            else:
                del self._under_way[lane, upstream]


def _key(lane: Lane, call: Call) -> str:
    """What is slow for a page may be well enough for whoever waits for it alone."""
    return f"{call.upstream}{call.path}#late" if lane is Lane.LATE else call.upstream + call.path


def _failed(status: int) -> str:
    """Why an answer is none, in a word; empty for one that is."""
    return "" if status < 500 else "server_error"


def _without_words(status: int, headers: dict[str, str]) -> bool:
    """Whether something before the app failed, or the app as a whole: its own failures have words of the contract."""
    worded = "portal-title" in headers or headers.get("content-type", "").startswith("application/problem+json")
    return status in GATEWAY_FAILURES and not worded
