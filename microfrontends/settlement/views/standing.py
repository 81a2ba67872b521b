"""How a settlement stands: each account's money before, expected and now, its cap, and how far the run is with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.domain.finalisation import to_move
from microfrontends.settlement.domain.ledger import Cap, Ledger, exact, same
from microfrontends.settlement.domain.paging import PAGE_SIZE, Page, page_of
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.run.reading import Ladder, Rung, ladder
from microfrontends.settlement.run.records import KeptCap, SettlementRun
from microfrontends.settlement.run.states import RunKind, RunState, StepKind
from microfrontends.settlement.run.store import Runs

FUNDS = (StepKind.FUNDS_IN, StepKind.RESERVE_FUNDS_OUT)


@dataclass(frozen=True)
class AccountRow:
    """One account of a settlement. What nobody knows is None."""

    account: SettlementAccount
    before: Decimal | None = None
    expected: Decimal | None = None
    now: Decimal | None = None
    cap_before: Decimal | None = None
    cap_now: Decimal | None = None
    rung: Rung | None = None

    @property
    def transfer(self) -> str | None:
        """The hub's id of the funds that move for it, where they do."""
        steps = self.rung.steps if self.rung else ()
        return next((each.transfer_id for each in steps if each.kind in FUNDS), None)

    @property
    def cap_moved(self) -> bool:
        """Whether its cap is not what it was."""
        return self.cap_before is not None and self.cap_now is not None and not same(self.cap_before, self.cap_now)


@dataclass(frozen=True)
class Standing:
    """A settlement, a page of its accounts, its newest run and the earlier ones. `complete`: the ledger answered."""

    settlement: Settlement
    page: Page[AccountRow]
    ladder: Ladder | None
    runs: tuple[SettlementRun, ...]
    complete: bool
    as_of: datetime

    @property
    def under_way(self) -> bool:
        """Whether a run goes on by itself."""
        return self.ladder is not None and self.ladder.run.state is RunState.RUNNING

    @property
    def troubled(self) -> tuple[Rung, ...]:
        """The accounts that keep the run."""
        return tuple(each for each in self.ladder.rungs if each.problem) if self.ladder else ()

    @property
    def columns(self) -> tuple[StepKind, ...]:
        """The kinds of step that the accounts of the run have, in their order."""
        kinds = {step.kind for rung in self.ladder.rungs for step in rung.steps} if self.ladder else set()
        return tuple(kind for kind in StepKind if kind in kinds)

    @property
    def caps_moved(self) -> tuple[KeptCap, ...]:
        """The caps that the hub rewrote on reserving, those that were put back too."""
        kept = self.ladder.caps if self.ladder else ()
        return tuple(each for each in kept if each.rewritten or each.restored_at)


def standing(hub: Hub, runs: Runs, settlement: Settlement, number: int, size: int = PAGE_SIZE) -> Standing:
    """How it stands now, on the page of that number."""
    now = datetime.now(UTC)
    known = runs.of_settlement(settlement.id)
    main = ladder(runs, known[0], now) if known else None
    caps = {(each.before.participant, each.before.currency): each for each in _caps(runs, known, main)}
    try:
        ledger, complete = Ledger(hub.ledger(), hub.caps()), True
    except (HubRefused, HubUnavailable):
        ledger, complete = Ledger((), ()), False
    page = page_of(_ordered(settlement, main), number, size)
    rungs = {each.planned.account_id: each for each in main.rungs} if main else {}
    rows = [_row(each, ledger, rungs.get(each.account_id), caps) for each in page.items]
    shown = Page(rows, page.number, page.first, page.last, page.total)
    return Standing(settlement, shown, main, tuple(known), complete, now)


def _caps(runs: Runs, known: Iterable[SettlementRun], main: Ladder | None) -> Iterable[KeptCap]:
    """The caps as they were before the hub reserved, which the first run saw."""
    first = next((each for each in reversed(list(known)) if each.kind is not RunKind.CORRECT), None)
    if first is None or main is None:
        return ()
    return (runs.caps.of(first.id) if first.id != main.run.id else main.caps) or main.caps


def _ordered(settlement: Settlement, main: Ladder | None) -> list[SettlementAccount]:
    """What keeps a run comes first; else in the run's own order, or net senders first."""
    places = {each.planned.account_id: place for place, each in enumerate(main.rungs)} if main else {}
    stuck = {each.planned.account_id for each in main.rungs if each.problem} if main else set()

    def place(each: SettlementAccount) -> tuple[bool, int, str, bool, str]:
        planned = places.get(each.account_id, len(places))
        return each.account_id not in stuck, planned, each.currency, not each.owes, each.participant

    return sorted(settlement.accounts, key=place)


def _row(
    account: SettlementAccount, ledger: Ledger, rung: Rung | None, caps: Mapping[tuple[str, str], KeptCap]
) -> AccountRow:
    key = (account.participant, account.currency)
    liquidity, cap, kept = ledger.liquidity(*key), ledger.cap(*key), caps.get(key)
    now = exact(liquidity.liquidity) if liquidity else None
    planned = rung.planned if rung else None
    before, expected = (planned.liquidity, planned.expected) if planned else (None, None)
    if expected is None and now is not None and not account.state.over:
        before, expected = now, now - to_move(account)
    return AccountRow(
        account=account,
        before=before,
        expected=expected,
        now=now,
        cap_before=_value(kept.before if kept else None),
        cap_now=_value(cap),
        rung=rung,
    )


def _value(cap: Cap | None) -> Decimal | None:
    return exact(cap.value) if cap else None
