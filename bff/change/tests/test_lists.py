"""Requests by the list, and decisions by the dozen: each person's own lists, an answer for each decision."""

from bff.change.states import State
from bff.change.tests.scene import Scene, words


def test_the_pending_request_is_shown_on_the_page_of_what_it_would_change(scene: Scene) -> None:
    task = scene.ask("greta")
    page = scene.person("wanda").get("/gates/1")
    assert "Greta asked for a change of this" in words(page.text)
    assert f'href="/garden/approvals/{task}"' in page.text
    scene.decide("wanda", task)
    assert "Greta" not in words(scene.person("wanda").get("/gates/1").text)


def test_the_lists_tell_everybody_what_is_theirs(scene: Scene) -> None:
    task = scene.ask("greta")

    def listed(name: str, show: str) -> list[str]:
        answer = scene.person(name).get(f"/api/approvals?show={show}").get_json()
        return [each["id"] for each in answer["approvals"]]

    assert listed("wanda", "waiting") == listed("greta", "mine") == listed("gus", "open") == [task]
    assert listed("greta", "waiting") == listed("wanda", "mine") == []
    assert scene.person("wanda").get("/api/approvals?limit=0").get_json() == {
        "approvals": [],
        "total": 1,
        "waiting": 1,
        "next": "",
    }
    scene.decide("wanda", task)
    assert listed("wanda", "waiting") == listed("wanda", "open") == []
    assert task in listed("gus", "decided")


def test_the_list_goes_on_where_a_page_ended_whatever_comes_meanwhile(scene: Scene) -> None:
    asked = [scene.ask("greta")]
    for number in range(2, 6):
        scene.gates.put(number)
        shut = scene.person("greta").post(f"/gates/{number}/shut", data={"confirmed": "yes"})
        asked.append(shut.location.rpartition("/")[2])

    def listed(after: str, limit: int = 2, show: str = "all") -> tuple[list[str], str]:
        query = {"show": show, "limit": limit, "after": after}
        told = scene.person("gus").get("/api/approvals", query_string=query).get_json()
        return [each["id"] for each in told["approvals"]], told["next"]

    first, on = listed("")
    scene.decide("wanda", asked[0])  # which brings it to the front
    second, on = listed(on)
    assert (first, second) == ([asked[4], asked[3]], [asked[2], asked[1]])
    whole, on = listed("", 3)
    while on:
        more, on = listed(on, 3)
        whole += more
    assert whole[:5] == [asked[0], *reversed(asked[1:])]
    assert whole == listed("", 500)[0]


def test_a_list_tells_who_decided_what_and_when(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.decide("wanda", task)
    told = scene.person("gus").get("/api/approvals?show=all&limit=1").get_json()["approvals"][0]
    assert [(each["subject"], each["verdict"]) for each in told["decisions"]] == [("u-wanda", "approve")]
    assert told["decisions"][0]["at"] >= told["made_at"]


def test_a_place_that_no_page_named_is_refused(scene: Scene) -> None:
    for after in ("x", "~", "2026-11-22T09:00:00~t", "2026-11-22T09:00:00+00:00~", "1" * 81):
        assert scene.person("gus").get("/api/approvals", query_string={"after": after}).status_code == 422


def test_many_decisions_have_an_answer_each(scene: Scene) -> None:
    scene.gates.put(2)
    scene.gates.put(3)
    mine = scene.ask("bo")
    ids = [mine]
    for number in (2, 3):
        answer = scene.person("greta").post(f"/gates/{number}/shut", data={"confirmed": "yes"})
        ids.append(answer.location.rpartition("/")[2])
    scene.gates.put(3, "SHUT")
    wanted = [{"id": each} for each in [*ids, "no-such-task", ids[1]]]
    own, done, stale, unknown, twice = scene.decide_many("bo", *wanted)
    assert (own["ok"], own["state"]) == (False, "PENDING")
    assert (done["ok"], done["state"], done["problem"]) == (True, "DONE", "")
    assert (stale["ok"], stale["state"]) == (False, "PENDING")
    assert "has changed meanwhile" in stale["problem"]
    assert "There is no request no-such-task" in unknown["problem"]
    assert (twice["ok"], twice["state"]) == (False, "DONE")
    assert "Bo has decided already." in twice["problem"]
    assert [scene.gates.look(number) for number in (1, 2, 3)] == [("OPEN", 0), ("SHUT", 1), ("SHUT", 0)]


def test_a_decision_that_breaks_takes_no_other_answer_with_it(scene: Scene) -> None:
    scene.gates.put(2)
    first = scene.ask("greta")
    second = scene.person("greta").post("/gates/2/shut", data={"confirmed": "yes"}).location.rpartition("/")[2]
    scene.gates.fault = "broken"
    broken, good = scene.decide_many("wanda", {"id": first}, {"id": second, "verdict": "reject", "reason": "no"})
    assert (broken["ok"], "Something went wrong on our side." in broken["problem"]) == (False, True)
    assert (good["ok"], good["state"]) == (True, "REJECTED")
    assert scene.state(first) is State.UNKNOWN


def test_half_a_surrogate_in_a_reason_is_no_trouble(scene: Scene) -> None:
    task = scene.ask("greta")
    rejected = {"id": task, "verdict": "reject", "reason": "a\ud800b\x00c"}
    (answer,) = scene.decide_many("wanda", rejected)
    assert answer["ok"]
    assert scene.entries(task)[-1].reason == "a?bc"
