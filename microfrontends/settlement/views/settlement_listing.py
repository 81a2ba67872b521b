"""Gathers one page of the settlements list: those created in the period, and every one that is not over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from microfrontends.settlement.domain.paging import Page, page_of
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.settlements import Settlement, SettlementState
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.hub.told import together
from microfrontends.settlement.run.reading import Ladder, ladder
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import Runs
from microfrontends.settlement.views.asked import Asked

UNFINISHED = tuple(state for state in SettlementState if not state.over)
LOOKS_BACK = timedelta(days=366)  # for what was never brought to its end


@dataclass(frozen=True)
class SettlementListing:
    """A page of settlements, how many there are in each state, what changed hands in all of them, and the runs."""

    page: Page[Settlement]
    counts: Mapping[SettlementState, int]
    totals: Mapping[str, Decimal]
    runs: Mapping[int, SettlementRun]
    making: Sequence[Ladder]
    as_of: datetime

    @property
    def moves(self) -> bool:
        """Whether a run goes on by itself, so that the list is soon another."""
        every = [*self.runs.values(), *(each.run for each in self.making)]
        return any(run.state is RunState.RUNNING for run in every)


def gather(hub: Hub, runs: Runs, asked: Asked[SettlementState]) -> SettlementListing:
    """The list that was asked for, as it is now."""
    now = datetime.now(UTC)
    listed = {each.id: each for each in (*unfinished(hub), *hub.settlements(asked.period))}
    ordered = [listed[number] for number in sorted(listed, reverse=True)]
    wanted = [each for each in ordered if asked.state in (None, each.state)]
    page = page_of(wanted, asked.page)
    found = Counter(each.state for each in ordered)
    return SettlementListing(
        page=page,
        counts={state: found[state] for state in SettlementState if found[state]},
        totals=totals_of(wanted),
        runs=runs.latest([each.id for each in page.items]),
        making=[ladder(runs, each, now) for each in runs.opened() if each.settlement_id is None],
        as_of=now,
    )


def unfinished(hub: Hub) -> tuple[Settlement, ...]:
    """Every settlement that is not over: it concerns whoever looks, whatever the dates say."""
    now = datetime.now(UTC)
    back = Period(now - LOOKS_BACK, now + timedelta(days=1))
    return tuple(each for found in together(lambda state: hub.settlements(back, state), UNFINISHED) for each in found)


def totals_of(settlements: list[Settlement]) -> dict[str, Decimal]:
    """What changed or changes hands per currency. What was aborted does not."""
    found: dict[str, Decimal] = {}
    for each in settlements:
        for currency, total in each.totals.items():
            if each.state is not SettlementState.ABORTED:
                found[currency] = found.get(currency, Decimal(0)) + total
    return dict(sorted(found.items()))
