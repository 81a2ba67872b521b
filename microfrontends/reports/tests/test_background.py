"""A report in the background: asked for, watched, fetched by whoever asked and by nobody else, once it is whole."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import update

from bff.change.audit import AuditLog, AuditQuery
from bff.testing import user_with
from microfrontends.reports.runs.records import State
from microfrontends.reports.runs.store import Runs, utc_now
from microfrontends.reports.runs.table import report_run
from microfrontends.reports.tests.background import ASK, OURS, PAGE, SLOW, Scene
from microfrontends.reports.tests.conftest import CATALOGUE, RECONCILIATION, WINDOW


@pytest.fixture
def scene(tmp_path: Path, hub_url: str) -> Scene:
    """An app of the test's own."""
    return Scene.at(tmp_path, hub_url)


def actions(scene: Scene) -> list[tuple[str, str, str]]:
    """What the audit has: the action, how it ended, by whom."""
    log: AuditLog = scene.app.extensions["portal_audit"]
    found = reversed(log.entries(AuditQuery()).entries)
    return [(entry.action, str(entry.outcome), entry.actor.subject) for entry in found]


def later(scene: Scene, **passed: float) -> Runs:
    """The runs as they are some time from now."""
    return Runs(scene.runs.engine, lambda: utc_now() + timedelta(**passed))


def test_a_report_is_written_without_whoever_asked_and_is_the_file_that_they_would_have_got(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    assert scene.run(run_id).state is State.WAITING
    assert "waits for its turn" in scene.olivia.get(f"/runs/{run_id}").text
    run = scene.write(run_id)
    assert (run.state, run.rows, run.counted) == (State.COMPLETE, 4, 4)
    answer = scene.olivia.get(f"/runs/{run_id}/file")
    direct = scene.olivia.get(f"{PAGE}/rows.csv?settlementWindowId=1", buffered=True)
    assert answer.text.splitlines()[:5] == direct.text.splitlines()[:5]
    body, _, seal = answer.data.rpartition(b"# sha-256,")
    assert (run.sha256[0], sha256(body).hexdigest()) == (seal.strip().decode(), seal.strip().decode())
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Content-Type"] == direct.headers["Content-Type"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "settlement-window_1_" in answer.headers["Content-Disposition"]
    told = scene.olivia.get(f"/runs/{run_id}").text
    assert run.sha256[0] in told
    assert "Run again with these values" in told


def test_every_step_is_in_the_audit(scene: Scene) -> None:
    run_id = scene.written()
    scene.olivia.get(f"/runs/{run_id}/file")
    other = scene.ask(scene.olivia, settlementWindowId="2")
    scene.olivia.post(f"/runs/{other}/cancel")
    assert actions(scene) == [
        ("report.ask", "requested", "u-olivia"),
        ("report.written", "done", "u-olivia"),
        ("report.fetch", "read", "u-olivia"),
        ("report.ask", "requested", "u-olivia"),
        ("report.cancel", "done", "u-olivia"),
    ]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "jsonl"])
def test_every_format_is_written_in_the_background(scene: Scene, form: str) -> None:
    run_id = scene.written(None, ASK, **{"file-format": form})
    answer = scene.olivia.get(f"/runs/{run_id}/file")
    assert (answer.status_code, scene.run(run_id).form) == (200, form)
    assert scene.run(run_id).sha256


def test_the_file_speaks_the_language_of_whoever_asked(scene: Scene) -> None:
    answer = scene.olivia.post(
        ASK, data={"settlementWindowId": "1", "file-format": "csv"}, headers={"Portal-Locale": "fr"}
    )
    run_id = answer.location.rpartition("/")[2]
    scene.write(run_id)
    french = scene.olivia.get(f"{PAGE}/rows.csv?settlementWindowId=1", headers={"Portal-Locale": "fr"}, buffered=True)
    assert scene.olivia.get(f"/runs/{run_id}/file").text.splitlines()[0] == french.text.splitlines()[0]


def test_progress_asks_for_itself_until_the_run_is_over(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    assert "hx-trigger" in scene.olivia.get(f"/runs/{run_id}/progress").text
    scene.write(run_id)
    over = scene.olivia.get(f"/runs/{run_id}/progress").text
    assert "hx-trigger" not in over
    assert "Download CSV" in over


def test_how_many_rows_there_will_be_is_unknown_until_it_is_known(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    with scene.runs.engine.begin() as connection:
        connection.execute(update(report_run).values(state=State.RUNNING, row_count=1200))
    assert "1,200 rows so far, of how many is unknown" in scene.olivia.get(f"/runs/{run_id}/progress").text
    with scene.runs.engine.begin() as connection:
        connection.execute(update(report_run).values(counted=5000))
    assert "1,200 of 5,000" in scene.olivia.get(f"/runs/{run_id}/progress").text


def test_news_stand_in_the_reports_pages_and_on_the_home_page_until_the_file_is_fetched(scene: Scene) -> None:
    assert scene.olivia.get("/slots/files").data == b""
    run_id = scene.ask(scene.olivia)
    news = scene.olivia.get("/runs/news").text
    assert ("hx-trigger" in news, "being written" in news) == (True, True)
    scene.write(run_id)
    news = scene.olivia.get("/runs/news").text
    assert ("hx-trigger" in news, "A file is ready" in news) == (False, True)
    assert "A file is ready" in scene.olivia.get(f"{PAGE}?settlementWindowId=1").text
    assert f"/runs/{run_id}/file" in scene.olivia.get("/slots/files").text
    scene.olivia.get(f"/runs/{run_id}/file")
    assert "A file is ready" not in scene.olivia.get("/runs/news").text
    assert f"/runs/{run_id}/file" in scene.olivia.get("/slots/files").text


def test_asking_twice_for_the_same_writes_it_once(scene: Scene) -> None:
    assert scene.ask(scene.olivia) == scene.ask(scene.olivia)
    assert scene.ask(scene.olivia, settlementWindowId="2") != scene.ask(scene.olivia)


def test_nobody_has_more_than_their_share_in_the_background(tmp_path: Path, hub_url: str) -> None:
    scene = Scene.at(tmp_path, hub_url, jobs_each=1)
    run_id = scene.ask(scene.olivia)
    answer = scene.olivia.post(ASK, data={"settlementWindowId": "2", "file-format": "csv"})
    assert (answer.status_code, "Wait for one, or cancel it" in answer.text) == (409, True)
    scene.ask(scene.member("payerfsp"), OURS)
    scene.write(run_id)
    scene.ask(scene.olivia, settlementWindowId="2")


def test_values_that_do_not_fit_lead_back_to_the_form(scene: Scene) -> None:
    answer = scene.olivia.post(ASK, data={"settlementWindowId": "x", "file-format": "csv"})
    assert (answer.status_code, answer.location) == (303, "/reports/catalogue/settlement-window?settlementWindowId=x")
    assert scene.runs.read() == []


@pytest.mark.parametrize(
    ("form", "status"),
    [({"file-format": "exe"}, 404), ({"file-format": ""}, 404), ({"settlementWindowId": "99"}, 404)],
)
def test_what_there_is_not_is_not_begun(scene: Scene, form: dict[str, str], status: int) -> None:
    answer = scene.olivia.post(ASK, data={"settlementWindowId": "1", "file-format": "csv", **form})
    assert answer.status_code == status
    assert scene.runs.read() == []


def test_another_sites_form_asks_for_nothing(scene: Scene) -> None:
    olivia = scene.olivia
    olivia.environ_base.pop("HTTP_X_CSRF_TOKEN")
    assert olivia.post(ASK, data={"settlementWindowId": "1", "file-format": "csv"}).status_code == 403
    run_id = scene.ask(scene.olivia)
    assert olivia.post(f"/runs/{run_id}/cancel").status_code == 403
    assert olivia.post("/api/reports/settlement-window/jobs?settlementWindowId=1").status_code == 403
    assert len(scene.runs.read()) == 1


def test_a_run_that_waits_is_cancelled_at_once_and_one_that_is_over_is_not(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    assert scene.olivia.post(f"/runs/{run_id}/cancel").status_code == 303
    assert scene.run(run_id).state is State.CANCELLED
    assert "The run was cancelled" in scene.olivia.get(f"/runs/{run_id}").text
    assert scene.write(run_id).state is State.CANCELLED
    assert scene.olivia.post(f"/runs/{run_id}/cancel").status_code == 409
    assert scene.olivia.get(f"/runs/{run_id}/file").status_code == 409


def test_a_file_can_be_fetched_for_some_time_and_then_is_gone(scene: Scene) -> None:
    run_id = scene.written()
    assert later(scene, hours=71).expire() == 0
    assert later(scene, hours=73).expire() == 1
    assert scene.olivia.get(f"/runs/{run_id}/file").status_code == 409
    assert "no longer kept" in scene.olivia.get(f"/runs/{run_id}").text
    assert scene.run(run_id).state is State.COMPLETE
    assert scene.runs.files.sweep() == 0


Change = Callable[[Scene], object]
LOST: dict[str, Change] = {
    "the role": lambda scene: scene.store.remove("u-olivia", "operator"),
    "the whole hub": lambda scene: scene.store.add_participant("u-olivia", "payerfsp", "test"),
}


@pytest.mark.parametrize("lost", LOST)
def test_whoever_has_lost_their_rights_gets_nothing_written(scene: Scene, lost: str) -> None:
    run_id = scene.ask(scene.olivia)
    LOST[lost](scene)
    run = scene.write(run_id)
    assert (run.state, run.file) == (State.FAILED, None)
    assert actions(scene)[-1] == ("report.written", "failed", "u-olivia")


def test_a_member_who_moved_to_another_participant_gets_nothing_written(scene: Scene) -> None:
    run_id = scene.ask(scene.member("payerfsp"), OURS)
    scene.store.remove_participant("u-ravi", "payerfsp")
    scene.store.add_participant("u-ravi", "payeefsp", "test")
    assert scene.write(run_id).state is State.FAILED


def test_rights_are_asked_again_when_the_file_is_fetched(scene: Scene) -> None:
    path = f"/runs/{scene.written()}/file"
    without = user_with(scene.app, CATALOGUE, RECONCILIATION)
    assert without.get(path).status_code == 403
    bound = user_with(scene.app, CATALOGUE, WINDOW, participants=["payerfsp"])
    assert bound.get(path).status_code == 404
    assert user_with(scene.app, WINDOW).get(path).status_code == 403
    assert scene.olivia.get(path).status_code == 200


def test_a_member_fetches_only_what_they_still_see_all_of(scene: Scene) -> None:
    path = f"/runs/{scene.written(scene.member('payerfsp'), OURS)}/file"
    assert scene.member("payerfsp").get(path).status_code == 200
    assert scene.member("payerfsp", "testfsp1").get(path).status_code == 200
    for participants in (["payeefsp"], [], ["testfsp1"]):
        assert scene.member(*participants).get(path).status_code == 404


def test_nobody_but_its_owner_knows_of_a_run_in_the_background(scene: Scene) -> None:
    run_id = scene.written()
    other = user_with(scene.app, CATALOGUE, WINDOW, sub="u-marcus")
    for client in (other, scene.member("payerfsp")):
        for path in ("", "/progress", "/file"):
            assert client.get(f"/runs/{run_id}{path}").status_code == 404
        assert client.post(f"/runs/{run_id}/cancel").status_code == 404
    # Whoever audits sees that it was run, and has no way to the file.
    assert scene.ada.get(f"/runs/{run_id}").status_code == 200
    assert "Download" not in scene.ada.get(f"/runs/{run_id}").text
    assert scene.ada.get(f"/runs/{run_id}/file").status_code == 404


def test_a_report_that_takes_longer_than_a_page_waits_is_proposed_for_the_background(
    tmp_path: Path, hub_url: str
) -> None:
    endless = SLOW.replace(
        "SELECT a.transferStateChangeId", "SELECT MAX(a.transferStateChangeId + f.transferStateChangeId)"
    )
    endless += "        CROSS JOIN transferStateChange f\n"
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "caught.yaml").write_text(endless)
    scene = Scene.at(tmp_path, hub_url, reports_dir=tmp_path / "reports", report_seconds=1, file_seconds=1)
    answer = scene.olivia.get("/catalogue/caught")
    assert (answer.status_code, "Write CSV in the background" in answer.text) == (409, True)
    file = scene.olivia.get("/catalogue/caught/rows.csv")
    assert (file.status_code, "Write CSV in the background" in file.text) == (409, True)
    assert [run.state for run in scene.runs.read()] == [State.FAILED, State.FAILED]
    assert "longer than 1 seconds" in scene.olivia.get(f"/runs/{scene.runs.read()[0].id}").text


def test_many_rows_are_proposed_for_the_background(tmp_path: Path, hub_url: str) -> None:
    scene = Scene.at(tmp_path, hub_url, job_rows=4)
    assert "4 rows are many to wait for" in scene.olivia.get(f"{PAGE}?settlementWindowId=1").text
    assert "many to wait for" not in Scene.at(tmp_path, hub_url).olivia.get(f"{PAGE}?settlementWindowId=1").text


def test_what_is_written_in_the_background_holds_the_rows_that_were_searched_for(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia, **{"find.participants": "payer"})
    scene.write(run_id)
    said = scene.olivia.get(f"/runs/{run_id}/file").text
    assert "payerfsp" in said
    assert "payeefsp" not in said
    assert "find.participants" in said
