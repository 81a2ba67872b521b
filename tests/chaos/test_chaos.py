"""Shell, micro-frontend, Redis, database and provider are killed in turn under load: nothing committed is lost."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page

from tests.chaos.answers import Kind
from tests.chaos.journey import Journey
from tests.chaos.load import Load
from tests.chaos.outages import PARTS, begin, cut_elsewhere, suffer
from tests.chaos.proof import broken_chains, traces
from tests.chaos.stage import Stage
from tests.chaos.telling import write_down
from tests.figures import figure

ROUNDS = 2  # of the browser, at least


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A portal whose parts can be killed."""
    with Stage(tmp_path_factory.mktemp("chaos")) as running:
        yield running


@pytest.mark.timeout(900)  # five restarts under load, and changes that are looked at again after a minute
def test_whatever_is_killed_under_load_nothing_committed_is_lost_and_nobody_is_signed_out(
    stage: Stage, page: Page
) -> None:
    journey = Journey(page, stage.base_url)
    journey.begin()
    with Load(stage) as load, ThreadPoolExecutor(1) as director:
        begin(load)
        outages_to_come = director.submit(lambda: [suffer(stage, load, part) for part in PARTS])
        while not outages_to_come.done():
            journey.go_round()
        outages = outages_to_come.result()
        load.end()
        ended = time.monotonic()
        load.settle()
        figure("chaos_settled_s", f"{time.monotonic() - ended:.1f}", "s")
    assert stage.fleet.fallen() is None
    stage.workers_go_on()
    journey.has_a_file_written()
    assert all(journey.go_round() for _ in range(ROUNDS))
    wishes = [wish for each in load.changing for wish in each.wishes]
    found = traces(stage.postgresql, stage.plan, wishes)
    lost, doubled = found.lost(wishes), found.doubled(wishes)
    figure("chaos_lost_changes", str(len(lost)))
    figure("chaos_doubled_changes", str(len(doubled)))
    write_down(load.told, outages, journey.read)
    assert lost == doubled == []
    assert broken_chains(stage.plan) == []
    assert [each for each in load.told if each.kind in (Kind.RAW, Kind.SIGNED_OUT)] == []
    assert cut_elsewhere(load.told, outages) == []
    assert min(Counter(each.label for each in load.told).values()) >= ROUNDS
