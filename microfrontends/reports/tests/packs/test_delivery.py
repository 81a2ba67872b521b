"""A pack as its participant meets it: new, opened, downloaded, acknowledged or disputed; and as the hub follows it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from microfrontends.reports.domain.delivery import PackState
from microfrontends.reports.tests.packs.scene import OPEN_TO_DFSPS, VIEW, WATCH, Scene


def did(scene: Scene, pack_id: str) -> list[str]:
    return [str(proof.did) for proof in scene.desk.packs.proofs(pack_id)]


def acknowledge(client: FlaskClient, pack_id: str, key: str = "one") -> Any:
    return client.post(f"/api/packs/{pack_id}/acknowledge", json={}, headers={"Idempotency-Key": key})


def json(answer: Any) -> Any:
    return answer.json


def dispute(client: FlaskClient, pack_id: str, reason: str = "The net is 5.00 too high") -> Any:
    return client.post(f"/api/packs/{pack_id}/dispute", json={"reason": reason})


def test_new_packs_stand_on_the_home_page_and_in_the_list_until_they_are_opened(delivered: Scene) -> None:
    alpha, pack = delivered.of("alphabank"), delivered.one()
    assert "New report packs: 6" in alpha.get("/slots/packs").text
    page = alpha.get("/packs").text
    assert (page.count("/packs/"), "6 new" in page, "betawallet" in page) == (6, True, False)
    alpha.get(f"/packs/{pack.id}")
    assert "New report packs: 5" in alpha.get("/slots/packs").text
    assert alpha.get("/packs?state=NEW").text.count("/packs/") == 5
    assert pack.id in alpha.get("/packs?state=OPENED&number=1&event=settlement_created").text
    assert pack.id not in alpha.get("/packs?number=2").text


def test_the_page_shows_the_rows_that_were_delivered_with_their_labels(delivered: Scene) -> None:
    page = delivered.of("alphabank").get(f"/packs/{delivered.one().id}").text
    assert "Net settlement amount" in page
    assert "owes 710.26" in page
    assert page.count("Download ") == 3
    french = delivered.of("alphabank").get(f"/packs/{delivered.one().id}", headers={"Portal-Locale": "fr"}).text
    assert "Montant net du règlement" in french


def test_opening_is_proven_once_for_each_person_and_every_reading_is_audited(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    for _ in range(3):
        alpha.get(f"/packs/{pack.id}")
    assert did(delivered, pack.id) == ["PRODUCED", "OPENED"]
    reads = [each for each in delivered.audited("pack.read") if each.target == f"pack:{pack.id}"]
    assert [(each.actor.username, each.participant, each.outcome) for each in reads] == [
        ("alphabank", "alphabank", "read")
    ] * 3
    assert delivered.one().state == PackState.OPENED


def test_looking_for_the_head_of_a_page_is_no_opening(delivered: Scene) -> None:
    delivered.of("alphabank").head(f"/packs/{delivered.one().id}")
    assert delivered.one().state == PackState.NEW


def test_a_file_is_proven_to_be_downloaded_only_when_all_of_it_has_left(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    answer = alpha.get(f"/packs/{pack.id}/files/csv", buffered=False)
    answer.close()
    assert did(delivered, pack.id) == ["PRODUCED", "OPENED"]
    answer = alpha.get(f"/packs/{pack.id}/files/csv")
    file = next(each for each in delivered.desk.packs.files(pack.id) if each.form == "csv")
    assert (answer.content_length, answer.headers["ETag"]) == (file.size, f'"{file.sha256}"')
    assert len(answer.data) == file.size
    assert did(delivered, pack.id) == ["PRODUCED", "OPENED", "DOWNLOADED"]
    assert delivered.audited("pack.sent")[0].detail["sha256"] == file.sha256
    assert "dfsp-settlement_1_alphabank_" in answer.headers["Content-Disposition"]


def test_each_format_is_proven_by_itself(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    for form in ("csv", "json", "csv", "xlsx"):
        assert alpha.get(f"/packs/{pack.id}/files/{form}").data
    forms = [proof.form for proof in delivered.desk.packs.proofs(pack.id) if proof.did == "DOWNLOADED"]
    assert forms == ["csv", "json", "xlsx"]
    assert alpha.get(f"/packs/{pack.id}/files/pdf").status_code == 404


def test_a_pack_is_acknowledged_once_whoever_asks_again(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    assert acknowledge(alpha, pack.id).status_code == 409  # not opened yet
    alpha.get(f"/packs/{pack.id}")
    assert acknowledge(alpha, pack.id, "two").json["state"] == "DONE"
    assert acknowledge(alpha, pack.id, "two").status_code == 202
    again = acknowledge(alpha, pack.id, "three")
    assert (again.status_code, "the pack's state is “Acknowledged”" in again.json["detail"]) == (409, True)
    assert did(delivered, pack.id) == ["PRODUCED", "OPENED", "ACKNOWLEDGED"]
    entry = delivered.audited("pack.acknowledged")[0]
    assert (entry.actor.username, entry.participant) == ("alphabank", "alphabank")
    assert set(entry.detail["sha256"]) == {"csv", "xlsx", "json"}


def test_acknowledging_on_the_page_asks_first_and_comes_back_to_the_pack(delivered: Scene) -> None:
    pack, alpha = delivered.one(), delivered.of("alphabank")
    assert "Acknowledge" in alpha.get(f"/packs/{pack.id}").text
    assert "Acknowledge “DFSP settlement” of settlement 1, created." in alpha.get(f"/packs/{pack.id}/acknowledge").text
    form = {"confirmed": "yes", "attempt": "a-1"}
    answer = alpha.post(f"/packs/{pack.id}/acknowledge", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/reports/packs/{pack.id}")
    assert delivered.one().state == PackState.ACKNOWLEDGED
    assert f"/packs/{pack.id}/acknowledge" not in alpha.get(f"/packs/{pack.id}").text


def test_a_dispute_needs_a_reason_and_the_hubs_staff_see_it(delivered: Scene) -> None:
    pack, alpha, staff = delivered.one(), delivered.of("alphabank"), delivered.staff()
    alpha.get(f"/packs/{pack.id}")
    assert 'Disputed</dt><dd class="value"><a' in staff.get("/slots/deliveries").text.replace("\n", "")
    assert dispute(alpha, pack.id, "").status_code == 409
    assert dispute(alpha, pack.id).json["state"] == "DONE"
    listed = staff.get("/deliveries/packs?state=DISPUTED").text
    assert ("The net is 5.00 too high" in listed, pack.id in listed) == (True, True)
    shown = staff.get(f"/deliveries/packs/{pack.id}").text
    assert ("The net is 5.00 too high" in shown, "Person of alphabank" in shown) == (True, True)


def test_an_answer_may_bring_a_new_version_and_the_disputed_one_stays_visible(delivered: Scene) -> None:
    first, alpha, staff = delivered.one(), delivered.of("alphabank"), delivered.staff()
    alpha.get(f"/packs/{first.id}")
    dispute(alpha, first.id)
    told = staff.post(f"/api/deliveries/{first.id}/answer", json={"reason": "Corrected", "produce": "yes"})
    assert json(told)["state"] == "DONE"
    assert "Corrected" in alpha.get(f"/packs/{first.id}").text
    with delivered.app.app_context():
        delivered.rounds().produce()
    second = delivered.one()
    assert (second.version, second.state) == (2, PackState.NEW)
    assert (delivered.desk.packs.find(first.id) or first).state == PackState.SUPERSEDED
    assert did(delivered, first.id) == ["PRODUCED", "OPENED", "DISPUTED", "ANSWERED", "SUPERSEDED"]
    old = alpha.get(f"/packs/{first.id}").text
    assert ("A newer version has taken the place" in old, f"/packs/{second.id}" in old) == (True, True)
    assert alpha.get(f"/packs/{first.id}/files/csv").data


def test_an_answer_without_a_new_version_lets_the_participant_go_on(delivered: Scene) -> None:
    pack, alpha, staff = delivered.one(), delivered.of("alphabank"), delivered.staff()
    alpha.get(f"/packs/{pack.id}")
    dispute(alpha, pack.id)
    staff.post(f"/api/deliveries/{pack.id}/answer", json={"reason": "It is right: see the fee of 5.00"})
    assert acknowledge(alpha, pack.id).json["state"] == "DONE"
    assert [each.version for each in delivered.packs(report="dfsp-settlement", participant="alphabank")] == [1, 1]


def test_only_what_failed_is_tried_again(delivered: Scene) -> None:
    pack, staff = delivered.one(), delivered.staff()
    assert staff.post(f"/api/deliveries/{pack.id}/retry", json={}).status_code == 409


def test_hub_staff_who_may_open_packs_prove_nothing_by_it_and_answer_for_nobody(delivered: Scene) -> None:
    pack = delivered.one()
    auditor = delivered.staff(VIEW, WATCH, "reports:packs:acknowledge", *OPEN_TO_DFSPS)
    page = auditor.get(f"/packs/{pack.id}")
    assert (page.status_code, "is no proof of its delivery" in page.text) == (200, True)
    assert auditor.get(f"/packs/{pack.id}/files/csv").status_code == 200
    assert did(delivered, pack.id) == ["PRODUCED"]
    assert len([each for each in delivered.audited("pack.read") if each.target == f"pack:{pack.id}"]) == 2
    refused = acknowledge(auditor, pack.id)
    assert (refused.status_code, "Only the people of alphabank" in refused.json["detail"]) == (409, True)


def test_hub_staff_without_that_permission_see_the_delivery_and_not_the_pack(delivered: Scene) -> None:
    pack, staff = delivered.one(), delivered.staff()
    page = staff.get(f"/deliveries/packs/{pack.id}").text
    assert ("alphabank" in page, "710.26" in page, "/files/" in page) == (True, False, False)
    for way in (f"/packs/{pack.id}", f"/packs/{pack.id}/files/csv", f"/api/packs/{pack.id}", "/packs", "/api/packs"):
        assert staff.get(way).status_code == 403


def test_the_overview_counts_each_events_packs_and_leads_to_who_has_not_opened(delivered: Scene) -> None:
    staff, alpha = delivered.staff(), delivered.of("alphabank")
    pack = delivered.one()
    alpha.get(f"/packs/{pack.id}")
    acknowledge(alpha, pack.id)
    page = staff.get("/deliveries").text
    assert page.count("/deliveries/events/") == 4
    matrix = staff.get(f"/deliveries/events/{pack.event.id}").text
    assert (matrix.count("<tr>"), matrix.count("New"), matrix.count("Acknowledged")) == (5, 7, 1)
    assert staff.get("/deliveries/events/99").status_code == 404
    assert staff.get("/deliveries/events/99999999999999999999").status_code == 404
    assert staff.get("/deliveries?participant=alphabank&event=settled").text.count("/deliveries/events/") == 2


def test_what_is_left_too_long_is_overdue(delivered: Scene) -> None:
    staff, alpha, pack = delivered.staff(), delivered.of("alphabank"), delivered.one()
    assert "0 packs" in staff.get("/deliveries/packs?overdue=yes").text
    alpha.get(f"/packs/{pack.id}")
    acknowledge(alpha, pack.id)
    passed = datetime.now(UTC) + timedelta(hours=25)
    delivered.desk.packs.clock = lambda: passed
    page = staff.get("/deliveries/packs?overdue=yes").text
    assert ("23 packs" in page, pack.id in page) == (True, False)
    assert "Overdue" in delivered.of("betawallet").get("/packs").text


def test_staff_are_told_when_nobody_watches_the_hub(delivered: Scene) -> None:
    passed = datetime.now(UTC) + timedelta(minutes=10)
    assert "Nobody watches the hub" not in delivered.staff().get("/deliveries").text
    delivered.desk.packs.clock = lambda: passed
    assert "Nobody watches the hub" in delivered.staff().get("/deliveries").text


def test_a_list_goes_on_where_it_ended_whatever_appears_meanwhile(delivered: Scene) -> None:
    alpha = delivered.of("alphabank")
    seen, cursor = [], 0
    while True:
        told = json(alpha.get(f"/api/packs?since={cursor}&limit=4"))
        seen += [each["id"] for each in told["packs"]]
        cursor = told["cursor"]
        if not told["more"]:
            break
    assert len(seen) == len(set(seen)) == 6
    assert json(alpha.get(f"/api/packs?since={cursor}")) == {"packs": [], "cursor": cursor, "more": False}


def test_the_api_tells_of_a_pack_all_that_its_page_does(delivered: Scene) -> None:
    alpha, pack = delivered.of("alphabank"), delivered.one()
    told = json(alpha.get(f"/api/packs/{pack.id}"))
    assert (told["report"], told["settlement"], told["window"], told["participant"]) == (
        "dfsp-settlement", 1, None, "alphabank",
    )  # fmt: skip
    assert (told["state"], [each["did"] for each in told["proof"]]) == ("OPENED", ["PRODUCED", "OPENED"])
    for file in told["files"]:
        answer = alpha.get(file["href"].removeprefix("/reports"))
        assert len(answer.data) == file["size"]
    assert json(alpha.get("/api/packs?event=settled&state=NEW"))["packs"][0]["report"] == "dfsp-settlement-result"


def test_listing_packs_is_audited_unless_there_is_nothing_to_read(delivered: Scene) -> None:
    alpha = delivered.of("alphabank")
    alpha.get("/api/packs?since=999999")
    assert delivered.audited("pack.list") == []
    alpha.get("/api/packs")
    assert delivered.audited("pack.list")[0].detail == {"since": 0, "packs": 6}


def test_what_is_no_id_at_all_is_not_found(delivered: Scene) -> None:
    alpha = delivered.of("alphabank")
    for name in ("x", "%00", "a%00b", "%ff", "é" * 36, "'" * 36, "-" * 36, "0" * 4000):
        for way in (f"/packs/{name}", f"/api/packs/{name}", f"/packs/{name}/files/csv", f"/packs/{name}/acknowledge"):
            assert alpha.get(way).status_code == 404, way


def test_what_an_address_cannot_mean_is_left_out_or_refused(delivered: Scene) -> None:
    alpha = delivered.of("alphabank")
    for query in (
        "state=WAITING",
        "state=x",
        "event=x",
        "number=x",
        "before=-1",
        "before=99999999999999999999",
        "number=²",
        "participant=%00",
    ):
        assert alpha.get(f"/packs?{query}").status_code == 200
    for query in ("since=-1", "since=x", "since=99999999999999999999", "limit=0", "limit=9999", "state=WAITING"):
        assert alpha.get(f"/api/packs?{query}").status_code == 422
