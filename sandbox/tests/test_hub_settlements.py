"""Settlements move as on the real hub: account by account, all answers 200, caps rewritten, aborts without effect."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.hub import Options
from sandbox.tests.small_hub import SmallHub, refusal

RECORDED, RESERVED, COMMITTED = "PS_TRANSFERS_RECORDED", "PS_TRANSFERS_RESERVED", "PS_TRANSFERS_COMMITTED"


@pytest.fixture
def settling(small_hub: SmallHub) -> SmallHub:
    """A hub with a settlement in which payerfsp owes 120.25 to payeefsp."""
    small_hub.set_up("payerfsp", "payeefsp")
    small_hub.transfer("payerfsp", "payeefsp", "120.25")
    small_hub.close_window(1)
    small_hub.settle(1)
    return small_hub


def one(hub: SmallHub, name: str, state: str) -> dict[str, Any]:
    """Move one account on; what the hub says of it."""
    participant = {"payerfsp": 2, "payeefsp": 3}[name]
    path = f"/v2/settlements/1/participants/{participant}/accounts/{hub.account(name)}"
    status, answer = hub.put(path, {"state": state, "reason": "next"})
    assert status == 200
    account: dict[str, Any] = answer["participants"][0]["accounts"][0]
    return account


def test_money_is_a_number_when_read_and_a_text_when_changed(settling: SmallHub) -> None:
    read = settling.get("/v2/settlements/1")[1]["participants"][0]["accounts"][0]["netSettlementAmount"]
    assert read == {"amount": 120.25, "currency": "USD"}
    assert one(settling, "payerfsp", RECORDED)["netSettlementAmount"] == {"amount": "120.2500", "currency": "USD"}


def test_a_date_has_another_form_where_it_was_made_just_now(settling: SmallHub) -> None:
    first = settling.put("/v2/settlements/1/participants/2", {"accounts": [wish(settling, "payerfsp", RECORDED)]})[1]
    assert first["createdDate"] == "2026-11-22T12:00:02.000Z"
    assert first["participants"][0]["accounts"][0]["createdDate"] == "2026-11-22 12:00:02.250"
    last = settling.put("/v2/settlements/1/participants/3", {"accounts": [wish(settling, "payeefsp", RECORDED)]})[1]
    assert (last["state"], last["createdDate"]) == (RECORDED, "2026-11-22 12:00:02.250")


def test_refused_accounts_are_answered_with_200(settling: SmallHub) -> None:
    refused = one(settling, "payerfsp", COMMITTED)
    assert refused["errorInformation"]["errorDescription"] == "Generic client error - State change not allowed"
    assert refused["state"] == "PENDING_SETTLEMENT"
    assert settling.get("/v2/settlements/1")[1]["state"] == "PENDING_SETTLEMENT"


def test_no_account_runs_ahead_of_the_others(settling: SmallHub) -> None:
    assert "errorInformation" not in one(settling, "payerfsp", RECORDED)
    assert "errorInformation" in one(settling, "payerfsp", RESERVED)
    one(settling, "payeefsp", RECORDED)
    assert "errorInformation" not in one(settling, "payerfsp", RESERVED)


def test_an_account_named_twice_is_changed_once(settling: SmallHub) -> None:
    twice = [wish(settling, "payerfsp", RECORDED), wish(settling, "payerfsp", RECORDED)]
    _, answer = settling.put("/v2/settlements/1/participants/2", {"accounts": twice})
    errors = [
        account.get("errorInformation", {}).get("errorDescription") for account in answer["participants"][0]["accounts"]
    ]
    assert errors == [None, "Generic client error - Account already processed once"]


def test_positions_go_back_recipients_first_and_liquidity_stays(settling: SmallHub) -> None:
    def figures() -> list[Any]:
        return [*(settling.value(name) for name in ("payerfsp", "payeefsp")), settling.value("Hub", MLNS)]

    seen = []
    for state in (RECORDED, RESERVED, COMMITTED, "SETTLED"):
        settling.step(1, state)
        seen.append(figures())
    assert seen == [[120.25, -120.25, 0], [120.25, 0, -120.25], [0, 0, 0], [0, 0, 0]]
    assert [settling.value(name, "SETTLEMENT") for name in ("payerfsp", "payeefsp")] == [-5000, -5000]
    assert settling.get("/v2/settlementWindows/1")[1]["state"] == "SETTLED"


MLNS = "HUB_MULTILATERAL_SETTLEMENT"


def test_reserving_for_a_recipient_can_lower_its_cap(small_hub: SmallHub) -> None:
    """A defect of the real hub: it reads the oldest cap, not the one in force, and forgets the alarm."""
    small_hub.set_up("payerfsp", "payeefsp", cap=1000)
    adjusted = {"currency": "USD", "limit": {"type": "NET_DEBIT_CAP", "value": 3000, "alarmPercentage": 25}}
    assert small_hub.put("/participants/payeefsp/limits", adjusted)[0] == 200
    small_hub.transfer("payerfsp", "payeefsp", "900")
    small_hub.close_window(1)
    small_hub.settle(1)
    small_hub.transfer("payeefsp", "payerfsp", "1500")
    assert small_hub.value("payeefsp") == 600
    small_hub.step(1, RECORDED)
    small_hub.step(1, RESERVED)
    cap = small_hub.get("/participants/payeefsp/limits")[1][0]["limit"]
    assert cap == {"type": "NET_DEBIT_CAP", "value": 1900, "alarmPercentage": 10}


def test_an_abort_fails_and_changes_nothing(settling: SmallHub) -> None:
    before = settling.get("/v2/settlements/1")
    refused = refusal(settling.put("/v2/settlements/1", {"state": "ABORTED", "reason": "no"}))
    assert refused[:2] == (500, "2001")
    assert settling.get("/v2/settlements/1") == before


def test_an_abort_that_comes_too_late_is_refused(settling: SmallHub) -> None:
    settling.step(1, RECORDED)
    settling.step(1, RESERVED)
    one(settling, "payerfsp", COMMITTED)
    late = refusal(settling.put("/v2/settlements/1", {"state": "ABORTED", "reason": "no"}))
    assert late[:2] == (400, "3100")
    assert "At least one settlement transfer is committed for settlement '1'" in late[2]


def test_an_aborted_settlement_leaves_its_windows_useless(tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "hub.sqlite", Options(abort_works=True))) as hub:
        hub.set_up("payerfsp", "payeefsp")
        hub.transfer("payerfsp", "payeefsp", "100")
        hub.close_window(1)
        hub.settle(1)
        assert hub.put("/v2/settlements/1", {"state": "ABORTED", "reason": "no"})[0] == 200
        assert hub.get("/v2/settlementWindows/1")[1]["state"] == "ABORTED"
        again = {"settlementModel": "DEFERREDNET", "reason": "again", "settlementWindows": [{"id": 1}]}
        assert refusal(hub.post("/v2/settlements", again))[2].endswith("Inapplicable windows 1")


def test_windows_that_cannot_be_settled_are_named(settling: SmallHub) -> None:
    wanted = {
        "settlementModel": "DEFERREDNET",
        "reason": "again",
        "settlementWindows": [{"id": 1}, {"id": 2}, {"id": 7}],
    }
    assert refusal(settling.post("/v2/settlements", wanted))[2].endswith("Inapplicable windows 1, 2, 7")
    wanted["settlementWindows"] = [{"id": 1}, {"id": 1}]
    assert '"settlementWindows[1]" contains a duplicate payload' in refusal(settling.post("/v2/settlements", wanted))[2]


def test_the_list_of_settlements_gives_the_dates_of_the_window(settling: SmallHub) -> None:
    listed = settling.get("/v2/settlements?state=PENDING_SETTLEMENT")[1][0]
    by_id = settling.get("/v2/settlements/1")[1]
    assert listed["createdDate"] == "2026-11-22T12:00:00.000Z"
    assert by_id["createdDate"] == "2026-11-22T12:00:02.000Z"
    none = refusal(settling.get("/v2/settlements?state=SETTLED"))[2]
    assert none.endswith('No settlements found matching the provided parameters: {"state":"SETTLED"}')


def test_the_list_of_settlements_shows_only_what_fits_the_query(settling: SmallHub) -> None:
    listed = settling.get("/v2/settlements?participantId=3")[1][0]
    assert [entry["id"] for entry in listed["participants"]] == [3]
    assert settling.get("/v2/settlements?participantId=9")[0] == 400


def wish(hub: SmallHub, name: str, state: str) -> dict[str, Any]:
    """A wanted state of somebody's account."""
    return {"id": hub.account(name), "state": state, "reason": "next"}
