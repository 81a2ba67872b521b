"""Reports come and go with their files: what changes takes effect, what is not fit is said and never served."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.kubernetes import Cluster
from bff.testing import settings_for, user_with
from bff.tests.cluster import SmallCluster
from microfrontends.reports.app import create_app
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME
from microfrontends.reports.sources.folder import Folder
from microfrontends.reports.sources.kubernetes import ClusterReports
from microfrontends.reports.sources.live import Live
from microfrontends.reports.tests.test_catalogue import GOOD

OBJECTS = "/apis/mojaloop.io/v1/namespaces/hub/mojaloopreports"
BAD = GOOD.replace("p.name = :wanted", "p.nmae = :wanted")
OWN = "(:all_participants = 1 OR p.name IN (:participants))"
SPEC = {
    "scope": "session",
    "endpoint": {"path": "/people"},
    "queries": [{"name": "rows", "query": f"SELECT p.name\nFROM participant p\nWHERE {OWN}"}],
}


def eventually(true: Callable[[], object], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(true())


def write(path: Path, text: str) -> None:
    """As an editor saves it, a moment after it was saved before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, "utf-8")
    os.utime(path, ns=(max(before + 1, time.time_ns()),) * 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site's own, with one report."""
    made = tmp_path / "own"
    made.mkdir()
    write(made / "people.yaml", GOOD)
    return made


@pytest.fixture
def live(folder: Path) -> Live:
    return Live([Folder("folder", folder)])


def faults(live: Live) -> dict[str, tuple[int, str]]:
    return {each.file: (each.fault.line, each.fault.reason) for each in live.now.files if each.fault}


def test_a_report_is_there_as_long_as_its_file(live: Live, folder: Path) -> None:
    assert not live.refresh()
    write(folder / "more.yml", GOOD.replace("people", "more"))
    assert live.refresh()
    assert sorted(live) == ["more", "people"]
    (folder / "people.yaml").unlink()
    assert live.refresh()
    assert list(live) == ["more"]


def test_what_is_changed_is_served_as_it_is_now(live: Live, folder: Path) -> None:
    before = live["people"]
    write(folder / "people.yaml", GOOD.replace("spec:", "spec:\n  title: Everybody"))
    live.refresh()
    assert (before.report.title["en"], live["people"].report.title["en"]) == ("people", "Everybody")


def test_a_report_that_is_spoilt_is_served_as_it_was_and_said_with_its_line(live: Live, folder: Path) -> None:
    before = live["people"]
    write(folder / "people.yaml", BAD)
    live.refresh()
    assert live["people"] is before
    line, reason = faults(live)["people.yaml"]
    assert (line, "the column nmae" in reason) == (16, True)
    write(folder / "people.yaml", GOOD)
    live.refresh()
    assert faults(live) == {}


@pytest.mark.parametrize("tightened", ["scope: hub", "scope: session\n  permission: reports:few:view"])
def test_an_error_does_not_keep_a_right_alive_that_the_same_edit_takes_away(
    live: Live, folder: Path, tightened: str
) -> None:
    write(folder / "people.yaml", BAD.replace("scope: session", tightened))
    live.refresh()
    assert list(live) == []
    write(folder / "people.yaml", BAD.replace("scope: session", tightened) + "\n# still not fit\n")
    live.refresh()
    assert list(live) == []


def test_the_first_source_that_has_a_name_keeps_it(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(other / "people.yaml", GOOD.replace("path: /people", "path: /others"))
    write(other / "path.yaml", GOOD.replace("name: people", "name: others"))
    live = Live([Folder("folder", folder), Folder("other", other)])
    assert list(live) == ["people"]
    assert faults(live)["people.yaml"][1] == "the report people is already that of people.yaml (folder); choose another"
    assert "the endpoint.path of others is already that of people.yaml" in faults(live)["path.yaml"][1]
    (folder / "people.yaml").unlink()
    live.refresh()
    assert sorted(live) == ["others", "people"]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"\xff\xfe", 1, "not UTF-8 at byte 0"),
        (b"kind: MojaloopReport\nspec: \x01", 2, "special characters are not allowed"),
        (b"a: 1\na: 2", 2, "stands here twice"),
        (b"{" * 3000, 1, ""),
        (b"a: &a [*a]", 1, ""),
        (b"when: 2026-13-45", 1, "month must be in 1..12"),
        (b"", 1, "is not of type 'object'"),
        (b"kind: MojaloopReport\n---\nkind: MojaloopReport", 2, "not YAML"),
        (b"#" * 1_000_001, 1, "larger than"),
    ],
)  # fmt: skip
def test_no_file_takes_the_others_with_it(live: Live, folder: Path, content: bytes, line: int, reason: str) -> None:
    (folder / "odd.yaml").write_bytes(content)
    live.refresh()
    assert list(live) == ["people"]
    found = faults(live)["odd.yaml"]
    assert (found[0], reason in found[1]) == (line, True)


def test_a_folder_that_goes_away_leaves_what_it_held(live: Live, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "gone")
    live.refresh()
    assert (list(live), live.now.away) == (["people"], {"folder": "the folder is not there"})
    (tmp_path / "gone").rename(folder)
    live.refresh()
    assert live.now.away == {}


def test_tables_beside_the_reports_that_cannot_be_read_are_said(live: Live, folder: Path) -> None:
    write(folder / "tables.json", "{")
    live.refresh()
    assert list(live) == ["people"]
    assert live.now.away["folder"].startswith("tables.json: ")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[SmallCluster, ClusterReports, Live]]:
    """A small API server, and what follows its objects."""
    (tmp_path / "token").write_text("opensesame")
    with SmallCluster(OBJECTS, token="opensesame") as small:
        source = ClusterReports(Cluster(small.url, tmp_path / "token"), "hub")
        live = Live([source])
        source.start(live.look)
        live.watch(lambda: None, every=0.1)
        yield small, source, live
        live.stop()
        source.stop()


def test_objects_of_a_cluster_come_change_and_go(cluster: tuple[SmallCluster, ClusterReports, Live]) -> None:
    small, _source, live = cluster
    head = {"apiVersion": "mojaloop.io/v1", "kind": "MojaloopReport", "status": {"state": "VALIDATED"}}
    small.put("people", {**head, "spec": SPEC})
    assert eventually(lambda: list(live) == ["people"])
    small.compact()
    small.cut()
    small.put("people", {**head, "spec": {**SPEC, "title": "Everybody"}})
    assert eventually(lambda: live["people"].report.title["en"] == "Everybody")
    small.put("bare", {**head, "spec": {key: said for key, said in SPEC.items() if key != "scope"}})
    assert eventually(lambda: "bare.yaml" in faults(live))
    assert faults(live)["bare.yaml"] == (7, "spec: 'scope' is a required property")
    told = {"annotations": {"mojaloop.io/scope": "session"}}
    unscoped = {**SPEC, "endpoint": {"path": "/bare"}}
    small.put("bare", {**head, "metadata": told, "spec": {key: v for key, v in unscoped.items() if key != "scope"}})
    assert eventually(lambda: sorted(live) == ["bare", "people"])
    small.remove("people")
    assert eventually(lambda: list(live) == ["bare"])


@pytest.fixture
def app(tmp_path: Path, hub_url: str, folder: Path) -> Iterator[Flask]:
    made = create_app(settings_for(ReportsSettings, tmp_path, hub_database_url=hub_url, reports_dir=folder))
    yield made
    made.extensions[NAME].catalogue.stop()


def manifest(app: Flask) -> dict[str, Any]:
    told: dict[str, Any] = app.test_client().get("/manifest.json").get_json()
    return told


def test_a_new_report_is_open_to_its_readers_without_a_restart_and_the_shell_is_told(app: Flask, folder: Path) -> None:
    reader = user_with(app, "reports:catalogue:view", "reports:news:view")
    assert reader.get("/catalogue/news").status_code == 404
    before = manifest(app)["version"]
    write(folder / "news.yaml", GOOD.replace("people", "news"))
    assert eventually(lambda: manifest(app)["version"] != before)
    assert "reports:news:view" in {each["id"] for each in manifest(app)["permissions"]}
    answer = reader.get("/catalogue/news?wanted=payerfsp")
    assert (answer.status_code, "payerfsp" in answer.text) == (200, True)
    assert answer.headers["Portal-Version"] == manifest(app)["version"]
    (folder / "news.yaml").unlink()
    assert eventually(lambda: manifest(app)["version"] == before)
    assert reader.get("/catalogue/news").status_code == 404


def test_the_page_of_sources_says_what_is_served_and_what_is_wrong(app: Flask, folder: Path) -> None:
    write(folder / "people.yaml", BAD)
    app.extensions[NAME].catalogue.refresh()
    page = user_with(app, "reports:sources:view").get("/sources").text
    assert "people.yaml:16" in page
    assert "the column nmae is not of its tables" in page
    assert "The copy before it is served" in page
    assert "settlement-window.yaml" in page
    assert re.search(r"<h2>Standard reports</h2>.*<h2>Reports folder</h2>", page, re.DOTALL)
    assert str(folder) not in page
    assert str(STANDARD) not in page
    assert app.test_client().get("/health/ready").status_code == 200


def test_the_page_of_sources_is_for_those_who_may(app: Flask) -> None:
    other: FlaskClient = user_with(app, "reports:catalogue:view")
    assert other.get("/sources").status_code == 403
