"""A participant's own system lists, fetches and answers for its packs by its access token, and reaches no other's."""

from flask.testing import FlaskClient

from bff.testing import machine
from microfrontends.reports.tests.packs.scene import Scene

ROBOT = "payment-manager-alphabank"


def robot(scene: Scene) -> FlaskClient:
    """The Payment Manager of alphabank, with the role that a participant's staff have too."""
    store = scene.app.extensions["portal_access"].store
    store.assign(ROBOT, "dfspReconciliationReports", "seeds")
    store.add_participant(ROBOT, "alphabank", "seeds")
    return machine(scene.app, ROBOT)


def test_a_machine_fetches_what_is_new_and_answers_for_it(delivered: Scene) -> None:
    client, pack = robot(delivered), delivered.one()
    listed = client.get("/api/packs").get_json()["packs"]
    assert {each["participant"] for each in listed} == {"alphabank"}
    assert pack.id in {each["id"] for each in listed}
    assert client.get(f"/api/packs/{pack.id}/files/csv").data
    assert client.post(f"/api/packs/{pack.id}/acknowledge", json={}).status_code == 202
    assert str(delivered.one().state) == "ACKNOWLEDGED"
    (entry,) = [each for each in delivered.audited("pack.sent") if each.actor.subject == ROBOT]
    assert entry.actor.kind == "machine"


def test_a_machine_is_told_of_anothers_pack_what_it_is_told_of_none(delivered: Scene, tried: list[bool]) -> None:
    client, theirs = robot(delivered), delivered.one("betawallet")
    for path in (f"/api/packs/{theirs.id}", f"/api/packs/{theirs.id}/files/csv"):
        answer = client.get(path)
        tried.append(answer.status_code != 404)
        assert (answer.status_code, "betawallet" in answer.text) == (404, False)
    assert client.get("/api/packs?participant=betawallet").get_json()["packs"] == []
