"""A participant's people get their own rows or 404, whichever way they ask."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.reports.tests.background import ALL_RUNS, OURS, Scene
from microfrontends.reports.tests.conftest import CATALOGUE, RECONCILIATION, WINDOW

WAYS = ["/catalogue/settlement-window", "/catalogue/settlement-window/rows.csv", "/api/reports/settlement-window"]
STRANGERS = ("payeefsp", "testfsp1")


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(
    "query",
    [
        "settlementWindowId=1",
        "settlementWindowId=1&participant=",
        "settlementWindowId=1&participant=payerfsp",
        "settlementWindowId=1&participants=payeefsp",
        "settlementWindowId=1&participants=payeefsp&participants=testfsp1",
        "settlementWindowId=1&all_participants=1",
        "settlementWindowId=1&Participant=payeefsp&fspId=payeefsp",
        "settlementWindowId=1&settlementWindowId=1&participant=payerfsp&participant=payeefsp",
    ],
)
def test_no_parameter_and_no_omission_shows_another_participants_rows(ravi: FlaskClient, path: str, query: str) -> None:
    answer = ravi.get(f"{path}?{query}")
    assert answer.status_code == 200
    assert "payerfsp" in answer.text
    assert not [name for name in STRANGERS if name in answer.text]


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize("name", ["payeefsp", "nosuchfsp", "Hub", "%", "payerfsp' OR '1'='1"])
def test_another_participant_is_answered_like_one_that_does_not_exist(ravi: FlaskClient, path: str, name: str) -> None:
    assert ravi.get(path, query_string={"settlementWindowId": "1", "participant": name}).status_code == 404


@pytest.mark.parametrize("path", WAYS)
def test_whoever_has_neither_a_hub_role_nor_a_participant_sees_no_row(app: Flask, path: str) -> None:
    nobody = user_with(app, CATALOGUE, WINDOW, hub=False, participants=[])
    answer = nobody.get(f"{path}?settlementWindowId=1")
    assert answer.status_code == 200
    assert not [name for name in ("payerfsp", *STRANGERS) if name in answer.text]


@pytest.mark.parametrize("path", WAYS)
def test_hub_staff_bound_to_a_participant_sees_that_one_only(app: Flask, path: str) -> None:
    bound = user_with(app, CATALOGUE, WINDOW, hub=True, participants=["testfsp1"])
    answer = bound.get(f"{path}?settlementWindowId=1")
    assert ("testfsp1" in answer.text, "payerfsp" in answer.text) == (True, False)


@pytest.mark.parametrize("way", ["", "/rows.csv"])
def test_a_counterparty_is_named_and_its_dealings_with_others_are_not(ravi: FlaskClient, way: str) -> None:
    answer = ravi.get(f"/catalogue/reconciliation-amount{way}?settlementWindowId=1")
    assert ("payeefsp" in answer.text, "testfsp1" in answer.text) == (True, False)
    stranger = ravi.get(f"/catalogue/reconciliation-amount{way}?settlementWindowId=1&participant=payeefsp")
    assert stranger.status_code == 404


def test_the_page_says_whose_rows_it_shows(ravi: FlaskClient) -> None:
    assert "Only the rows of payerfsp" in ravi.get("/catalogue/settlement-window?settlementWindowId=1").text


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, hub_url: str) -> tuple[Scene, dict[str, str]]:
    """An app, and whose runs there are in it: of hub staff and of each participant, on a page and in the background."""
    scene = Scene.at(tmp_path_factory.mktemp("two"), hub_url)
    scene.store.assign("u-bob", "dfspReconciliationReports", "test")
    scene.store.add_participant("u-bob", "payeefsp", "test")
    people = {"olivia": scene.olivia, "ravi": scene.member("payerfsp"), "bob": scene.member("payeefsp", sub="u-bob")}
    runs = {}
    for name, client in people.items():
        runs[f"{name}'s file"] = scene.written(client, OURS)
        assert scene.run(runs[f"{name}'s file"]).ready
        client.get("/catalogue/reconciliation-amount?settlementWindowId=1")
        runs[f"{name}'s page"] = scene.runs.read()[0].id
        runs[f"{name}'s waiting"] = scene.ask(client, OURS, settlementWindowId="2")
        runs[f"{name}'s kept file"] = scene.run(runs[f"{name}'s file"]).file or ""
    return scene, runs


Stranger = Callable[[Scene, str], FlaskClient]
STRANGERS_OF: dict[str, Stranger] = {
    "another participant": lambda scene, owner: scene.member("payeefsp" if owner != "bob" else "payerfsp", sub="u-x"),
    "a colleague": lambda scene, owner: scene.member("payerfsp" if owner == "ravi" else "payeefsp", sub="u-y"),
    "both participants": lambda scene, owner: scene.member("payerfsp", "payeefsp", sub="u-z"),
    "no participant": lambda scene, owner: scene.member(sub="u-none"),
    "hub staff": lambda scene, owner: user_with(scene.app, CATALOGUE, RECONCILIATION, sub="u-marcus"),
    "hub staff who may not run it": lambda scene, owner: user_with(scene.app, CATALOGUE, sub="u-clara"),
    "an auditor of one participant": lambda scene, owner: scene.member("payeefsp", sub="u-w", permissions=[ALL_RUNS]),
}
GETS = ["", "/progress", "/file"]
LISTS = [
    "/runs",
    "/runs/rows.csv",
    "/runs/news",
    "/slots/files",
    "/api/runs",
    "/api/runs?limit=500",
    "/runs?person=ravi",
]


@pytest.mark.parametrize("who", STRANGERS_OF)
def test_no_run_and_no_file_is_anybody_elses(two: tuple[Scene, dict[str, str]], who: str, tried: list[bool]) -> None:
    scene, runs = two
    found = []
    for whose, run_id in runs.items():
        client = STRANGERS_OF[who](scene, whose.partition("'")[0])
        asked = [client.get(f"/{place}{run_id}{path}") for place in ("runs/", "api/runs/") for path in GETS]
        asked += [client.post(f"/{place}{run_id}/cancel") for place in ("runs/", "api/runs/")]
        for answer in asked:
            tried.append(answer.status_code != 404)
            found += [(whose, answer.request.path)] if tried[-1] else []
        for path in LISTS:
            tried.append(run_id in client.get(path).text)
            found += [(whose, path)] if tried[-1] else []
    assert found == []


@pytest.mark.parametrize("path", ["/runs/{}/file", "/api/runs/{}/file"])
def test_an_owner_who_has_lost_their_rights_fetches_nothing(
    two: tuple[Scene, dict[str, str]], path: str, tried: list[bool]
) -> None:
    scene, runs = two
    no_role = user_with(scene.app, CATALOGUE, sub="u-ravi", hub=False, participants=["payerfsp"])
    gone = user_with(scene.app, "garden:gate:view", sub="u-ravi", hub=False, participants=[])
    moved, left = scene.member("payeefsp"), scene.member()
    bound = user_with(scene.app, CATALOGUE, RECONCILIATION, participants=["payerfsp"])
    for client, whose in ((no_role, "ravi"), (gone, "ravi"), (moved, "ravi"), (left, "ravi"), (bound, "olivia")):
        status = client.get(path.format(runs[f"{whose}'s file"])).status_code
        tried.append(status not in (403, 404))
        assert not tried[-1]
    assert scene.member("payerfsp").get(path.format(runs["ravi's file"])).status_code == 200


@pytest.mark.parametrize("way", ["/catalogue/{}/background", "/api/reports/{}/jobs"])
@pytest.mark.parametrize("name", ["payeefsp", "nosuchfsp", "Hub", "%", "payerfsp' OR '1'='1"])
def test_nothing_is_begun_in_the_background_for_another_participant(
    two: tuple[Scene, dict[str, str]], way: str, name: str, tried: list[bool]
) -> None:
    scene, _runs = two
    given = {"settlementWindowId": "1", "participant": name}
    ravi, before = scene.member("payerfsp"), len(scene.runs.read())
    answer = ravi.post(way.format("reconciliation-amount"), data={**given, "file-format": "csv"}, query_string=given)
    tried.append(answer.status_code != 404 or len(scene.runs.read()) != before)
    assert not tried[-1]


@pytest.mark.parametrize("way", ["/catalogue/{}/background", "/api/reports/{}/jobs"])
def test_no_report_is_begun_in_the_background_that_its_reader_may_not_run(
    two: tuple[Scene, dict[str, str]], way: str, tried: list[bool]
) -> None:
    scene, _runs = two
    given = {"settlementWindowId": "1", "settlementId": "1"}
    for name in ("settlement-window", "settlement-audit", "multilateral-settlement", "nosuch"):
        answer = scene.member("payerfsp").post(
            way.format(name), data={**given, "file-format": "csv"}, query_string=given
        )
        tried.append(answer.status_code not in (403, 404))
        assert not tried[-1]
