"""A hub with many participants is made in moments, can be settled as it stands, and adds up."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.population import populated
from sandbox.tests.small_hub import SmallHub


def test_everyone_is_in_the_settlement_of_every_currency(tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "hub.sqlite", past=populated(30, ("USD", "JPY", "BHD")))) as hub:
        assert [hub.get(f"/v2/settlementWindows/{number}")[1]["state"] for number in (1, 2)] == ["CLOSED", "OPEN"]
        for currency in ("USD", "JPY", "BHD"):
            wanted = {"settlementModel": f"DEFERREDNET{currency}", "reason": "r", "settlementWindows": [{"id": 1}]}
            status, made = hub.post("/v2/settlements", wanted)
            nets = [account["netSettlementAmount"] for person in made["participants"] for account in person["accounts"]]
            assert (status, len(nets)) == (200, 30)
            assert {net["currency"] for net in nets} == {currency}
            assert sum(Decimal(str(net["amount"])) for net in nets) == 0
            assert [net["amount"] for net in nets[:2]] == [0, 0]
        assert len(hub.get("/participants/limits")[1]) == 90
        assert hub.value("dfsp001", "SETTLEMENT") == -1_000_000


def test_the_same_seed_makes_the_same_hub(tmp_path: Path) -> None:
    told = []
    for turn in (1, 2):
        with closing(SmallHub(tmp_path / f"{turn}.sqlite", past=populated(5))) as hub:
            told.append([hub.get(f"/participants/dfsp00{number}/accounts")[1] for number in range(1, 6)])
    assert told[0] == told[1]


def test_there_must_be_enough_to_pay_each_other() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        populated(3)
