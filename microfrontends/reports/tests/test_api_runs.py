"""The interface of runs for programs: asked for with 202, looked at, fetched, listed; described in one document."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.testing import user_with
from microfrontends.reports.runs.records import State
from microfrontends.reports.tests.background import ALL_RUNS, Scene
from microfrontends.reports.tests.conftest import CATALOGUE

JOBS = "/api/reports/settlement-window/jobs?settlementWindowId=1"


@pytest.fixture
def scene(tmp_path: Path, hub_url: str) -> Scene:
    """An app of the test's own."""
    return Scene.at(tmp_path, hub_url)


def told(answer: TestResponse) -> Any:
    """What it says."""
    return json.loads(answer.text)


def test_a_job_is_asked_for_looked_at_and_fetched(scene: Scene) -> None:
    asked = scene.olivia.post(f"{JOBS}&format=jsonl")
    assert (asked.status_code, told(asked)["state"], told(asked)["format"]) == (202, "WAITING", "jsonl")
    location = asked.headers["Location"].removeprefix("/reports")
    assert location == f"/api/runs/{told(asked)['id']}"
    assert scene.olivia.get(f"{location}/file").status_code == 409
    scene.write(told(asked)["id"])
    job = told(scene.olivia.get(location))
    assert (job["state"], job["rows"], job["counted"], job["way"]) == ("COMPLETE", 4, 4, "job")
    file = scene.olivia.get(job["file"].removeprefix("/reports"))
    assert job["sha256"][0] in file.text
    direct = scene.olivia.get("/api/reports/settlement-window?settlementWindowId=1&format=jsonl", buffered=True)
    assert file.text.splitlines()[2:5] == direct.text.splitlines()[2:5]


def test_columns_are_named_by_their_keys_for_programs(scene: Scene) -> None:
    run_id = told(scene.olivia.post(f"{JOBS}&format=csv"))["id"]
    scene.write(run_id)
    direct = scene.olivia.get("/api/reports/settlement-window?settlementWindowId=1&format=csv", buffered=True)
    assert scene.olivia.get(f"/api/runs/{run_id}/file").text.splitlines()[0] == direct.text.splitlines()[0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/reports/settlement-window/jobs", 422),
        (f"{JOBS}&format=exe", 422),
        ("/api/reports/settlement-window/jobs?settlementWindowId=x", 422),
        ("/api/reports/settlement-window/jobs?settlementWindowId=99", 404),
        ("/api/reports/nosuch/jobs", 404),
        ("/api/reports/transaction/jobs", 403),
    ],
)
def test_what_cannot_be_run_is_not_begun(scene: Scene, path: str, status: int) -> None:
    answer = scene.olivia.post(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert scene.runs.read() == []


def test_a_job_is_cancelled_once(scene: Scene) -> None:
    run_id = told(scene.olivia.post(JOBS))["id"]
    assert told(scene.olivia.post(f"/api/runs/{run_id}/cancel"))["state"] == "CANCELLED"
    assert scene.olivia.post(f"/api/runs/{run_id}/cancel").status_code == 409
    assert scene.run(run_id).state is State.CANCELLED


def test_runs_are_listed_page_by_page(scene: Scene) -> None:
    for window in ("1", "2", "1"):
        scene.olivia.get(f"/catalogue/settlement-window?settlementWindowId={window}")
    first = told(scene.olivia.get("/api/runs?limit=2&report=settlement-window"))
    assert (len(first["runs"]), first["total"]) == (2, 3)
    second = told(scene.olivia.get(first["older"].removeprefix("/reports")))
    assert (len(second["runs"]), second["older"]) == (1, None)
    assert second["runs"][0]["parameters"] == {"settlementWindowId": "1"}
    assert told(scene.ada.get("/api/runs"))["total"] == 0
    assert told(scene.ada.get("/api/runs?everybody=true&person=oliv"))["total"] == 3
    assert scene.olivia.get("/api/runs?state=NOSUCH").status_code == 422
    assert user_with(scene.app, CATALOGUE, ALL_RUNS).get("/api/runs?limit=501").status_code == 422


def test_the_document_describes_runs(scene: Scene) -> None:
    paths = told(scene.olivia.get("/api/openapi.json"))["paths"]
    assert {"/api/runs", "/api/runs/{run_id}", "/api/runs/{run_id}/file", "/api/runs/{run_id}/cancel"} <= paths.keys()
    asked = paths["/api/reports/{name}/jobs"]["post"]
    assert {"202", "404", "409", "422"} <= asked["responses"].keys()
