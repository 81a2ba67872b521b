"""The run history: a row for each run, one's own for everybody, everybody's for an auditor, no value out of view."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bff.change.happening import Actor
from bff.testing import user_with
from microfrontends.reports.runs.listing import History, Wanted
from microfrontends.reports.runs.records import By, KeptRun, NewRun, State, Way
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.tests import hub
from microfrontends.reports.tests.background import ALL_RUNS, OURS, PAGE, Scene
from microfrontends.reports.tests.conftest import CATALOGUE

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def scene(tmp_path: Path, hub_url: str) -> Scene:
    """An app of the test's own."""
    return Scene.at(tmp_path, hub_url)


def only(scene: Scene) -> KeptRun:
    """The one run that there is."""
    (run,) = scene.runs.read()
    return run


def begun(scene: Scene, count: int, **more: object) -> list[str]:
    """So many runs of olivia's, a minute apart, the oldest first; their ids."""
    by = By(Actor("u-olivia", "Olivia Okello", "olivia"), True, frozenset())
    ids = []
    for at in range(count):
        runs = Runs(scene.runs.engine, lambda at=at: NOON + timedelta(minutes=at))  # type: ignore[misc]
        new = NewRun(Way.PAGE, "settlement-window", "page", {"settlementWindowId": str(at)}, "en", by)
        with runs.engine.begin() as connection:
            ids.append(runs.add(connection, new, State.COMPLETE, **more))
    return ids


def test_a_page_leaves_a_run_with_all_that_was_asked_and_found(scene: Scene) -> None:
    scene.olivia.get(f"{PAGE}?settlementWindowId=1", headers={"Portal-Locale": "fr"})
    run = only(scene)
    assert (run.way, run.form, run.state, run.rows, run.sha256) == (Way.PAGE, "page", State.COMPLETE, 4, ())
    assert (run.by.actor.subject, run.by.sees_all, run.language) == ("u-olivia", True, "fr")
    assert run.parameters == {"settlementWindowId": "1"}
    assert run.milliseconds is not None
    assert run.entry is not None


@pytest.mark.parametrize(
    ("path", "way"),
    [
        (f"{PAGE}/rows.csv?settlementWindowId=1", Way.FILE),
        ("/api/reports/settlement-window?settlementWindowId=1", Way.API),
    ],
)
def test_a_file_leaves_a_run_with_the_hash_that_it_carries(scene: Scene, path: str, way: Way) -> None:
    answer = scene.olivia.get(path, buffered=True)
    run = only(scene)
    assert (run.way, run.state, run.rows) == (way, State.COMPLETE, 4)
    assert run.sha256[0] in answer.text
    assert scene.olivia.get(f"/runs/{run.id}").text.count(run.sha256[0]) > 0


def test_a_file_that_is_cut_off_says_so(scene: Scene) -> None:
    answer = scene.olivia.get("/api/reports/settlement-window?settlementWindowId=1")
    next(iter(answer.response))
    answer.close()
    run = only(scene)
    assert (run.state, run.sha256) == (State.CUT_OFF, ())
    assert "The run was cut off" in scene.olivia.get(f"/runs/{run.id}").text


def test_a_run_that_fails_is_kept_with_its_sentence(tmp_path: Path, hub_url: str) -> None:
    url = hub.copy(hub_url, tmp_path)
    scene = Scene.at(tmp_path, url)
    Path(url.removeprefix("sqlite:///")).unlink()
    assert scene.olivia.get(f"{PAGE}/rows.csv?settlementWindowId=1").status_code == 502
    run = only(scene)
    assert (run.state, run.rows) == (State.FAILED, None)
    french = scene.olivia.get(f"/runs/{run.id}", headers={"Portal-Locale": "fr"}).text
    assert "n\u2019a pas répondu" in french


def test_what_was_refused_was_no_run(scene: Scene) -> None:
    scene.olivia.get(f"{PAGE}?settlementWindowId=99")
    scene.member("payerfsp").get("/catalogue/reconciliation-amount?settlementWindowId=1&participant=payeefsp")
    scene.olivia.get(f"{PAGE}/rows.exe?settlementWindowId=1")
    assert scene.runs.read() == []


def test_without_a_history_nobody_reads_a_report(scene: Scene) -> None:
    with scene.runs.engine.begin() as connection:
        connection.execute(text("DROP TABLE report_run"))
    assert scene.olivia.get(f"{PAGE}/rows.csv?settlementWindowId=1").status_code >= 500
    with scene.runs.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() == 0


def test_everybody_sees_their_own_runs_and_an_auditor_sees_all(scene: Scene) -> None:
    scene.olivia.get(f"{PAGE}?settlementWindowId=1")
    scene.member("payerfsp").get("/catalogue/reconciliation-amount?settlementWindowId=1")
    ours, all_of_them = scene.member("payerfsp").get("/runs").text, scene.ada.get("/runs/everyone").text
    assert ("Olivia" in ours, "1\u20131 of 1" in ours) == (False, True)
    assert ("Olivia" in all_of_them, "ravi" in all_of_them, "1\u20132 of 2" in all_of_them) == (True, True, True)
    assert scene.ada.get("/runs").text.count("/runs/0") == 0
    mine = [run for run in scene.runs.read() if run.by.actor.subject == "u-olivia"]
    assert scene.member("payerfsp").get(f"/runs/{mine[0].id}").status_code == 404
    assert scene.ada.get(f"/runs/{mine[0].id}").status_code == 200


def test_everybodys_runs_are_for_those_who_see_the_whole_hub(scene: Scene) -> None:
    scene.olivia.get(f"{PAGE}?settlementWindowId=1")
    run = only(scene)
    bound = user_with(scene.app, CATALOGUE, ALL_RUNS, sub="u-ada", participants=["payerfsp"])
    member = user_with(scene.app, CATALOGUE, ALL_RUNS, sub="u-x", hub=False, participants=["payerfsp"])
    assert scene.olivia.get("/runs/everyone").status_code == 403
    assert scene.olivia.get("/api/runs?everybody=true").status_code == 403
    for client in (bound, member):
        for path in ("/runs/everyone", "/runs/everyone/rows.csv", f"/runs/{run.id}", "/api/runs?everybody=true"):
            assert client.get(path).status_code == 404
        assert "Everybody" not in client.get("/runs").text


def test_values_that_somebody_may_no_longer_see_are_shown_nowhere(scene: Scene) -> None:
    path = "/catalogue/reconciliation-amount?settlementWindowId=1&participant=payerfsp"
    assert scene.member("payerfsp").get(path).status_code == 200
    run = only(scene)
    moved = scene.member("payeefsp")
    places = ["/runs", f"/runs/{run.id}", "/runs/rows.csv", "/api/runs", f"/api/runs/{run.id}"]
    for place in places:
        assert "payerfsp" in scene.member("payerfsp").get(place).text
        answer = moved.get(place)
        assert (answer.status_code, "payerfsp" in answer.text) == (200, False), place
    assert "Run again" not in moved.get(f"/runs/{run.id}").text


def test_run_again_asks_with_the_same_values(scene: Scene) -> None:
    path = "/catalogue/reconciliation-amount?settlementWindowId=1&participant=payerfsp"
    scene.olivia.get(path)
    page = scene.olivia.get(f"/runs/{only(scene).id}").text
    found = re.search(r'href="/reports(/catalogue/[^"]+)"[^>]*>[^<]*(<svg.*?</svg>)?Run again', page, re.S)
    assert found, page
    assert scene.olivia.get(found[1].replace("&amp;", "&")).status_code == 200
    again, first = scene.runs.read()
    assert (again.parameters, again.id != first.id) == (first.parameters, True)


def test_the_history_is_paged_by_place_and_counts(scene: Scene) -> None:
    ids = list(reversed(begun(scene, 120)))
    history = History(scene.runs, "u-olivia", UTC)
    first = history.page(Wanted())
    second = history.page(Wanted(before=first.older))
    third = history.page(Wanted(before=second.older))
    assert [run.id for page in (first, second, third) for run in page.runs] == ids
    assert [(page.first, page.total) for page in (first, second, third)] == [(1, 120), (51, 120), (101, 120)]
    assert (first.newer, third.older) == ("", "")
    back = history.page(Wanted(after=third.newer))
    assert [run.id for run in back.runs] == ids[50:100]
    text_of = scene.olivia.get("/runs").text
    assert "1\u201350 of 120" in text_of
    (older,) = re.findall(r'href="/reports(/runs\?before=[^"]+)"', text_of)
    assert "51\u2013100 of 120" in scene.olivia.get(older).text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"report": "settlement-window"}, 3),
        ({"report": "other"}, 0),
        ({"person": "OLIV"}, 3),
        ({"person": "100%_"}, 0),
        ({"state": "COMPLETE"}, 3),
        ({"state": "FAILED"}, 0),
        ({"way": "page"}, 3),
        ({"way": "job"}, 0),
        ({"from": "2026-11-22", "to": "2026-11-22"}, 3),
        ({"to": "2026-11-21"}, 0),
        ({"from": "2026-11-23"}, 0),
        ({"from": "nonsense", "state": "?", "way": "?", "before": "'", "after": "x"}, 3),
    ],
)
def test_the_history_is_narrowed(scene: Scene, wanted: dict[str, str], found: int) -> None:
    begun(scene, 3)
    assert History(scene.runs, None, UTC).page(Wanted.of(wanted)).total == found
    answer = scene.ada.get("/runs/everyone", query_string=wanted)
    assert (f"1\u2013{found} of {found}" in answer.text) == bool(found)


def test_the_days_of_a_filter_are_the_hubs(scene: Scene) -> None:
    begun(scene, 1)
    far_east = History(scene.runs, None, ZoneInfo("Pacific/Kiritimati"))  # there it is the 23rd
    assert far_east.page(Wanted.of({"from": "2026-11-23"})).total == 1
    assert far_east.page(Wanted.of({"to": "2026-11-22"})).total == 0


def test_the_history_leaves_as_a_file_in_which_no_text_is_a_formula(scene: Scene) -> None:
    by = By(Actor("u-evil", "=cmd|' /C calc'!A1", "evil"), True, frozenset())
    with scene.runs.engine.begin() as connection:
        scene.runs.add(connection, NewRun(Way.PAGE, "gone", "page", {"a": "=1+1"}, "en", by), State.COMPLETE)
    rows = list(csv.reader(io.StringIO(scene.ada.get("/runs/everyone/rows.csv").text)))
    assert rows[1][1].startswith("'=")
    assert rows[1][3] == "gone"


def test_what_is_old_is_swept_away_and_what_died_unheard_is_cut_off(scene: Scene) -> None:
    begun(scene, 2)
    scene.ask(scene.member("payerfsp"), OURS)
    later = Runs(scene.runs.engine, lambda: NOON + timedelta(days=401))
    with scene.runs.engine.begin() as connection:
        by = By(Actor("u-olivia", "Olivia", "olivia"), True, frozenset())
        lost = later.add(connection, NewRun(Way.FILE, "r", "csv", {}, "en", by), State.RUNNING)
    assert Runs(scene.runs.engine, lambda: NOON + timedelta(days=399)).sweep(400) == 0
    assert later.sweep(400) == 2
    assert later.cut_off(timedelta(hours=1)) == 0
    assert Runs(scene.runs.engine, lambda: NOON + timedelta(days=402)).cut_off(timedelta(hours=1)) == 1
    assert scene.run(lost).state is State.CUT_OFF
    assert [run.state for run in scene.runs.read(text("way = 'job'"))] == [State.WAITING]
