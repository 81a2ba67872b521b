"""What happens at the hub is noticed once, whatever tool did it, from a beginning on."""

from threading import Barrier, Thread

from sqlalchemy import text

from microfrontends.reports.packs.watch import AGAIN
from microfrontends.reports.tests.packs.scene import (
    PARTICIPANTS,
    Scene,
    change,
    settlement_again,
    settlement_enters,
    window_closes,
)


def events(scene: Scene) -> list[tuple[str, int]]:
    with scene.desk.packs.engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, object FROM pack_event ORDER BY kind, object"))
        return [(row.kind, row.object) for row in rows]


def test_the_first_time_what_happened_before_is_over(fresh: Scene) -> None:
    assert (events(fresh), fresh.packs()) == ([], [])


def test_looking_back_takes_up_what_happened_before(bare: Scene) -> None:
    bare.rounds().notice()
    assert events(bare) == [
        ("settled", 1), ("settled", 2), ("settlement_created", 1), ("settlement_created", 2),
        ("window_closed", 1), ("window_closed", 2),
    ]  # fmt: skip


def test_each_event_plans_one_pack_for_each_report_and_participant(bare: Scene) -> None:
    bare.rounds().notice()
    planned = [(pack.report, pack.event.object, pack.participant) for pack in bare.packs()]
    assert len(planned) == len(set(planned)) == 3 * 2 * len(PARTICIPANTS)
    assert {pack.state for pack in bare.packs()} == {"WAITING"}


def test_a_settlement_that_anybody_creates_or_settles_is_noticed(fresh: Scene) -> None:
    settlement_again(fresh.hub_url, 7)
    fresh.rounds().notice()
    assert events(fresh) == [("settlement_created", 7)]
    settlement_enters(fresh.hub_url, 7, "PS_TRANSFERS_RECORDED", 701)
    settlement_enters(fresh.hub_url, 7, "SETTLED", 702)
    fresh.rounds().notice()
    assert events(fresh) == [("settled", 7), ("settlement_created", 7)]
    assert len(fresh.packs()) == 3 * len(PARTICIPANTS)


def test_a_late_change_after_settled_produces_nothing_twice(fresh: Scene) -> None:
    settlement_again(fresh.hub_url, 7)
    for number in (701, 702, 703):
        settlement_enters(fresh.hub_url, 7, "SETTLED", number)
        fresh.rounds().notice()
    settlement_enters(fresh.hub_url, 7, "PENDING_SETTLEMENT", 704)
    fresh.rounds("another worker").notice()
    assert len(fresh.packs()) == 3 * len(PARTICIPANTS)


def test_a_change_that_is_committed_after_one_with_a_higher_number_is_not_lost(fresh: Scene) -> None:
    window_closes(fresh.hub_url, 3, 400)
    rounds = fresh.rounds()
    rounds.notice()
    window_closes(fresh.hub_url, 9, 400 - AGAIN + 1)
    rounds.notice()
    assert ("window_closed", 9) in events(fresh)


def test_nothing_from_before_the_beginning_is_taken_up_however_often_the_last_changes_are_looked_at(
    fresh: Scene,
) -> None:
    window_closes(fresh.hub_url, 3, 12)
    fresh.rounds().notice()
    assert events(fresh) == [("window_closed", 3)]


def test_more_changes_than_one_look_takes_are_all_taken(fresh: Scene) -> None:
    rows = ", ".join(f"({number}, {number}, 'CLOSED', 'many', '2026-11-22 09:00:00')" for number in range(100, 1300))
    change(
        fresh.hub_url,
        "INSERT INTO settlementWindowStateChange (settlementWindowStateChangeId, settlementWindowId,"
        f" settlementWindowStateId, reason, createdDate) VALUES {rows}",
    )
    fresh.desk.watch.look()
    assert len(events(fresh)) == 1200


def test_several_workers_that_look_at_once_keep_each_event_and_plan_each_pack_once(bare: Scene) -> None:
    start, wrong = Barrier(3), []

    def work(name: str) -> None:
        start.wait()
        try:
            bare.rounds(name).notice()
        except Exception as problem:
            wrong.append(problem)

    workers = [Thread(target=work, args=(str(number),)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert (len(events(bare)), len(bare.packs())) == (6, 3 * 2 * len(PARTICIPANTS))


def test_a_hub_that_is_away_is_looked_at_again_and_nothing_is_lost(fresh: Scene) -> None:
    path = fresh.folder / "hub.sqlite"
    path.rename(fresh.folder / "elsewhere")
    rounds = fresh.rounds()
    rounds.go()
    assert rounds.away
    (fresh.folder / "elsewhere").rename(path)
    window_closes(fresh.hub_url, 3, 50)
    rounds.go()
    assert (rounds.away, events(fresh)) == (False, [("window_closed", 3)])


def test_a_look_says_when_it_was(fresh: Scene) -> None:
    assert fresh.desk.watch.looked_at() is not None
