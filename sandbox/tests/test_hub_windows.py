"""Settlement windows close as on the real hub: at once for transfers, later for figures, and not when empty."""

from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

from sandbox.tests.small_hub import Answer, SmallHub, refusal

CLOSE = {"state": "CLOSED", "reason": "end of day"}
EVER = "/v2/settlementWindows?fromDateTime=2020-01-01"


def test_an_empty_window_is_not_closed(small_hub: SmallHub) -> None:
    refused = small_hub.post("/v2/settlementWindows/1", CLOSE)
    assert refusal(refused) == (400, "3100", "Generic validation error - Window 1 is empty")


def test_a_window_with_nothing_committed_is_empty(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    assert small_hub.transfer("payerfsp", "payeefsp", "5", outcome="abort") == "ABORTED_ERROR"
    assert small_hub.transfer("payerfsp", "payeefsp", "5", outcome="reserve") == "RESERVED"
    assert refusal(small_hub.post("/v2/settlementWindows/1", CLOSE))[2].endswith("Window 1 is empty")


def test_closing_answers_with_the_next_window_and_its_reason(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5")
    status, opened = small_hub.post("/v2/settlementWindows/1", CLOSE)
    at = "2026-11-22T12:00:01.000Z"
    assert status == 200
    assert opened == {
        "settlementWindowId": 2,
        "state": "OPEN",
        "reason": "end of day",
        "createdDate": at,
        "changedDate": at,
    }


def test_a_closed_window_is_processing_until_its_figures_are_there(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5.25")
    small_hub.post("/v2/settlementWindows/1", CLOSE)
    window = small_hub.get("/v2/settlementWindows/1")[1]
    assert (window["state"], window["content"]) == ("PROCESSING", [])
    small_hub.wait(0.4)
    assert small_hub.get("/v2/settlementWindows/1")[1]["state"] == "PROCESSING"
    small_hub.wait(0.2)
    window = small_hub.get("/v2/settlementWindows/1")[1]
    assert window["state"] == "CLOSED"
    assert [(entry["currencyId"], entry["state"], entry["settlementId"]) for entry in window["content"]] == [
        ("USD", "CLOSED", None)
    ]


def test_transfers_count_in_the_window_that_is_open_when_they_are_committed(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5")
    small_hub.post("/v2/settlementWindows/1", CLOSE)
    small_hub.transfer("payerfsp", "payeefsp", "7")
    small_hub.wait(1)
    small_hub.close_window(2)
    nets = [small_hub.get(f"/v2/settlements/{small_hub.settle(window)}")[1] for window in (1, 2)]
    amounts = [one["participants"][0]["accounts"][0]["netSettlementAmount"]["amount"] for one in nets]
    assert amounts == [5, 7]


def test_what_a_closed_window_waits_for_survives_a_restart(tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "hub.sqlite")) as before:
        before.set_up("payerfsp", "payeefsp")
        before.transfer("payerfsp", "payeefsp", "5")
        before.post("/v2/settlementWindows/1", CLOSE)
        before.move("payerfsp", "20")
    with closing(SmallHub(tmp_path / "hub.sqlite")) as after:
        assert after.get("/v2/settlementWindows/1")[1]["state"] == "PROCESSING"
        assert after.wait(5) == 2
        assert after.get("/v2/settlementWindows/1")[1]["state"] == "CLOSED"
        assert after.value("payerfsp", "SETTLEMENT") == -5020


def test_a_window_that_is_not_open_or_not_there_is_not_closed(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5")
    small_hub.close_window(1)
    assert refusal(small_hub.post("/v2/settlementWindows/1", CLOSE))[2].endswith("Window 1 is not open")
    assert refusal(small_hub.post("/v2/settlementWindows/9", CLOSE))[2].endswith("Window 9 does not exist")


def test_of_many_closes_at_once_one_succeeds(small_hub: SmallHub) -> None:
    """The real hub can open several windows then. Here writes are serialised; clients must not rely on it."""
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5")
    together, answers = Barrier(4), list[Answer]()

    def close() -> None:
        together.wait()
        answers.append(small_hub.post("/v2/settlementWindows/1", CLOSE))

    threads = [Thread(target=close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400]
    assert len(small_hub.get("/v2/settlementWindows?state=OPEN")[1]) == 1


def test_no_window_found_is_an_error_not_an_empty_list(small_hub: SmallHub) -> None:
    words = "Generic validation error - settlementWindow by filters: {state:CLOSED} not found"
    assert refusal(small_hub.get("/v2/settlementWindows?state=CLOSED")) == (400, "3100", words)
    assert refusal(small_hub.get("/v2/settlementWindows"))[1] == "3100"
    assert refusal(small_hub.get("/v2/settlementWindows/99"))[:2] == (500, "2001")


def test_windows_being_processed_cannot_be_asked_for(small_hub: SmallHub) -> None:
    for state in ("PROCESSING", "FAILED"):
        assert refusal(small_hub.get(f"/v2/settlementWindows?state={state}"))[:2] == (400, "3101")


def test_dates_are_compared_with_when_a_window_was_created(small_hub: SmallHub) -> None:
    assert len(small_hub.get(EVER)[1]) == 1
    assert len(small_hub.get("/v2/settlementWindows?toDateTime=2026-11-22T14:00:00%2B02:00")[1]) == 1
    for query in ("fromDateTime=2026-11-23", "toDateTime=2026-11-22T11:59:59.000Z"):
        assert small_hub.get(f"/v2/settlementWindows?{query}")[0] == 400
    words = 'Malformed syntax - "fromDateTime" must be in ISO 8601 date format'
    assert refusal(small_hub.get("/v2/settlementWindows?fromDateTime=yesterday")) == (400, "3101", words)


def test_a_participant_that_only_received_does_not_find_the_window(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "5")
    assert small_hub.get("/v2/settlementWindows?participantId=2")[0] == 200
    assert small_hub.get("/v2/settlementWindows?participantId=3")[0] == 400
    assert small_hub.get("/v2/settlementWindows?currency=USD")[0] == 200
    assert small_hub.get("/v2/settlementWindows?currency=XOF")[0] == 400
