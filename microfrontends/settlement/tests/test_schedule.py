"""Windows that close by themselves: when, by whom, once, and what became of every moment at which one was due."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bff import HubRefused, HubUnavailable
from bff.change import policy
from bff.change.audit import AuditQuery
from bff.change.states import State
from bff.settings import SettingsError
from microfrontends.settlement.closings import Closing, WrongSchedule, closings_in
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.run.table import settlement_close
from microfrontends.settlement.schedule import Came, Past, Schedule
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import Bench

NAIROBI = ZoneInfo("Africa/Nairobi")
DAILY = Closing("DEFERREDNETUSD", "0 17 * * MON-FRI", NAIROBI, "End of day")
MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)  # 17:00 in Nairobi


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = MONDAY - timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """An hour before the window is due."""
    return Clock()


@pytest.fixture
def tick(bench: Bench, clock: Clock) -> Callable[..., list[Past]]:
    """Looks at the schedule at a moment, as a worker does; what is known afterwards, the newest first."""
    with bench.desk.runs.engine.begin() as connection:
        connection.execute(settlement_close.delete())
    bench.hub.has(2, WindowState.OPEN)
    bench.hub.transfer(2, "5", payer="alpha", payee="beta")
    schedule = schedule_of(bench, clock)
    with bench.app.app_context():
        schedule.tick()

    def go(after: timedelta = timedelta()) -> list[Past]:
        clock.now = MONDAY + after
        with bench.app.app_context():
            schedule.tick()
            return schedule.past()

    return go


def schedule_of(bench: Bench, clock: Clock, *closings: Closing) -> Schedule:
    """A worker's schedule."""
    return Schedule(closings or (DAILY,), bench.desk.runs.engine, bench.changes, bench.hub, clock)


def test_a_window_is_closed_at_its_moment_by_the_schedule_and_the_audit_says_so(
    bench: Bench, tick: Callable[..., list[Past]]
) -> None:
    (past,) = tick()
    assert (past.came, past.window_id, past.due_at) == (Came.CLOSED, 2, MONDAY)
    assert bench.hub.closes == [(2, "End of day (schedule)", "schedule")]
    entries = bench.changes.audit.entries(AuditQuery(action="settlement.close_window", target="window:2")).entries
    assert [(str(each.outcome), each.actor.subject) for each in entries[:3]] == [
        ("done", "schedule"),
        ("intent", "schedule"),
        ("requested", "schedule"),
    ]
    assert past.task == entries[0].task


def test_a_moment_is_taken_once_however_many_workers_look(
    bench: Bench, clock: Clock, tick: Callable[..., list[Past]]
) -> None:
    tick()
    others = [schedule_of(bench, clock) for _ in range(3)]
    with bench.app.app_context():
        for other in others:
            other.tick()
    assert len(bench.hub.closes) == 1


def test_before_its_moment_nothing_is_closed(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    assert tick(timedelta(seconds=-1)) == []
    assert bench.hub.closes == []


def test_a_moment_that_passed_while_nobody_worked_is_reported_and_not_made_up_for(
    bench: Bench, tick: Callable[..., list[Past]]
) -> None:
    found = tick(timedelta(days=1, hours=2))
    assert [(each.came, each.due_at) for each in found] == [
        (Came.MISSED, MONDAY + timedelta(days=1)),
        (Came.MISSED, MONDAY),
    ]
    assert bench.hub.closes == []
    (told, *_) = bench.changes.audit.entries(AuditQuery(action="settlement.schedule", limit=1)).entries
    assert (told.outcome, told.actor.subject, told.detail["came"]) == ("failed", "schedule", "MISSED")


def test_a_little_late_is_not_too_late(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    (past,) = tick(timedelta(minutes=4))
    assert past.came is Came.CLOSED


def test_while_a_close_is_in_progress_the_moment_is_skipped(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.has(3, WindowState.PROCESSING)
    (past,) = tick()
    assert (past.came, past.problem) == (Came.SKIPPED, "The hub is still adding up window 3.")
    assert bench.hub.closes == []


def test_a_window_that_somebody_is_closing_is_skipped_with_their_name(
    bench: Bench, tick: Callable[..., list[Past]]
) -> None:
    bench.hub.fail("close", HubUnavailable("timeout", sent=True))
    with pytest.raises(HubUnavailable):
        bench.ask("close_window", window_id=2)
    (past,) = tick()
    assert past.came is Came.SKIPPED
    assert "What Fatima asked for on" in past.problem


def test_a_window_that_holds_nothing_for_the_model_stays_open(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.held.pop(2)
    (past,) = tick()
    assert (past.came, bench.hub.closes) == (Came.EMPTY, [])


def test_a_window_that_the_hub_finds_empty_is_called_so(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.fail("currencies", FiguresUnavailable("gone"))
    bench.hub.held.pop(2)
    (past,) = tick()
    assert past.came is Came.EMPTY


def test_a_hub_that_is_away_for_a_moment_is_asked_again(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.fail("open_windows", HubUnavailable("no route"))
    assert tick() == []
    (past,) = tick(timedelta(minutes=1))
    assert past.came is Came.CLOSED


def test_what_the_hub_refuses_is_kept_in_its_words(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.fail("close", HubRefused("3100", "Generic validation error - on purpose"))
    (past,) = tick()
    assert (past.came, past.problem) == (Came.REFUSED, "3100 Generic validation error - on purpose")


def test_an_answer_that_never_came_is_not_guessed_at(bench: Bench, tick: Callable[..., list[Past]]) -> None:
    bench.hub.fail("close", HubUnavailable("timeout", sent=True))
    bench.hub.fail("window", None, HubUnavailable("still away"))
    (past,) = tick()
    assert past.came is Came.UNKNOWN


def test_where_the_policy_wants_approval_the_schedule_asks_like_anybody(
    bench: Bench, tick: Callable[..., list[Past]], approved: None
) -> None:
    (past,) = tick()
    assert past.came is Came.ASKED
    task = bench.changes.tasks.find(past.task or "")
    assert task is not None
    assert (task.state, task.wish.maker.subject, bench.hub.closes) == (State.PENDING, "schedule", [])


@pytest.fixture
def approved(bench: Bench, tmp_path: Path) -> Iterator[None]:
    """A policy by which nobody closes a window alone."""
    rule = "{action: settlement.close_window, approvals: 1, checker: 'settlement:window:approve'}"
    text = f"kind: MojaloopApprovalPolicy\nmetadata: {{name: strict}}\nspec: {{rules: [{rule}]}}\n"
    (tmp_path / "approvals.yaml").write_text(text, "utf-8")
    before, bench.changes.policy_now = bench.changes.policy_now, lambda: policy.load(tmp_path)
    yield
    bench.changes.policy_now = before


def test_what_a_worker_took_and_never_ended_is_not_known(
    bench: Bench, clock: Clock, tick: Callable[..., list[Past]]
) -> None:
    with bench.desk.runs.engine.begin() as connection:
        at = MONDAY.replace(tzinfo=None)
        row = {"model": DAILY.model, "due_at": at, "outcome": "TAKEN", "at": at, "problem": ""}
        connection.execute(settlement_close.insert().values(row))
    assert [each.came for each in tick()] == [Came.TAKEN]
    assert [each.came for each in tick(timedelta(minutes=6))] == [Came.UNKNOWN]
    assert bench.hub.closes == []


def test_the_next_moment_is_in_the_schedules_own_zone(bench: Bench, clock: Clock) -> None:
    late = Closing("DEFERREDNETXOF", "30 23 * * *", ZoneInfo("Africa/Abidjan"), "Night")
    coming = schedule_of(bench, clock, late, DAILY).coming()
    assert [(each.model, at) for each, at in coming] == [
        ("DEFERREDNETUSD", MONDAY),
        ("DEFERREDNETXOF", datetime(2026, 11, 23, 23, 30, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),  # 02:30 is skipped that night
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # and comes twice that one
    ],
)
def test_a_clock_that_changes_neither_skips_a_day_nor_repeats_one(first: datetime, expected: datetime) -> None:
    nightly = Closing("EUR", "30 2 * * *", ZoneInfo("Europe/Paris"), "")
    assert nightly.next(first) == expected
    assert len(nightly.between(first, first + timedelta(days=1))) == 1


def test_a_file_says_when_for_each_model(tmp_path: Path) -> None:
    path = tmp_path / "schedule.yaml"
    path.write_text('closings:\n - {model: A, cron: "0 17 * * *"}\n - {model: B, cron: "5 4 1 * *", timeZone: UTC}\n')
    first, second = closings_in(path, "Africa/Nairobi")
    assert (first.zone.key, second.zone.key, first.reason) == ("Africa/Nairobi", "UTC", "Closed by schedule")
    assert closings_in(None, "UTC") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("closings: [{model: A}]", "closing 1 must have model and cron"),
        ("closings: [{model: A, cron: '61 * * * *'}]", "is no cron expression"),
        ("closings: [{model: A, cron: '* * * *'}]", "has not the five fields"),
        ("closings: [{model: A, cron: '0 0 * * *', timeZone: Mars}]", "is no IANA time zone"),
        ("closings: [{model: A, cron: '0 0 * * *', when: now}]", "and nothing else"),
        ("closings: [{model: A, cron: '0 0 * * *'}, {model: A, cron: '1 0 * * *'}]", "stands twice"),
        ("other: 1", "has no list"),
        ("{", "cannot be read"),
    ],
)
def test_a_file_that_says_it_wrongly_is_named_with_the_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "schedule.yaml"
    path.write_text(text)
    with pytest.raises(WrongSchedule, match=problem):
        closings_in(path, "UTC")


def test_a_wrong_file_keeps_the_app_from_starting(tmp_path: Path) -> None:
    environ = {
        "BIZOPS_BASE_URL": "http://localhost:8003",
        "BIZOPS_OIDC_ISSUER": "http://localhost:8001",
        "BIZOPS_OIDC_CLIENT_ID": "settlement",
        "BIZOPS_OIDC_CLIENT_SECRET": "secret",
        "BIZOPS_ACCESS_DATABASE_URL": "sqlite://",
        "BIZOPS_HUB_SETTLEMENT_URL": "http://localhost:8002/v2",
        "BIZOPS_HUB_LEDGER_URL": "http://localhost:8002",
        "BIZOPS_HUB_DATABASE_URL": "sqlite://",
        "BIZOPS_CLOSE_SCHEDULE": str(tmp_path / "nowhere.yaml"),
        "BIZOPS_BANK_FILE_FATAL": "2 7",
    }
    with pytest.raises(SettingsError) as refused:
        SettlementSettings.from_environment(environ)
    assert [problem.split(" ")[0] for problem in refused.value.problems] == [
        "BIZOPS_BANK_FILE_FATAL",
        "BIZOPS_CLOSE_SCHEDULE:",
    ]
