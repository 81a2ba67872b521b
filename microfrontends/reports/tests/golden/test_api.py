"""Every figure of the reports `settlement` and `dfsp-settlement` is what the hub's own API answers."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import urllib3

from microfrontends.reports.tests.golden.ledger import Ledger
from sandbox.hub import Options, running
from sandbox.replay import Replay, read_story
from sandbox.tests import test_hub_story

STORY: list[dict[str, Any]] = read_story(Path(test_hub_story.__file__).parent / "story" / "golden.jsonl")
CLOSES = "POST /v2/settlementWindows/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, str]]:
    """A sandbox hub after the golden story: its database to report on, its API to ask."""
    file = tmp_path_factory.mktemp("api") / "hub.sqlite"
    with running(f"sqlite:///{file}", Options(close_s=0.15, funds_s=0.05)) as url:
        played = Replay({"ledger": url, "settlement": url, "traffic": url}, lag_s=0.4)
        played.play(STORY)
        assert played.differences == []
        yield Ledger(f"sqlite:///{file}"), url


def get(url: str) -> Any:
    """The hub's answer."""
    return urllib3.request("GET", url, timeout=10).json()


def names(url: str) -> dict[int, str]:
    """Who holds each account."""
    return {account["id"]: one["name"] for one in get(f"{url}/participants") for account in one["accounts"]}


def told(settlement: dict[str, Any], url: str) -> dict[str, tuple[Decimal, str, str]]:
    """What the API says of each participant in a settlement: net amount, currency, state."""
    holders = names(url)
    return {
        holders[account["id"]]: (
            Decimal(str(account["netSettlementAmount"]["amount"])),
            account["netSettlementAmount"]["currency"],
            account["state"],
        )
        for one in settlement["participants"]
        for account in one["accounts"]
    }


def traffic(currency: str) -> dict[tuple[str, str], Decimal]:
    """What the story's committed transfers moved before the last window was closed, by payer and payee."""
    last = max(at for at, line in enumerate(STORY) if str(line.get("do", "")).startswith(CLOSES))
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in STORY[:last]:
        if line.get("do") == "POST /transfers" and line["answer"].get("state") == "COMMITTED":
            sent = line["send"]
            if sent["currency"] == currency:
                sums[sent["payerFsp"], sent["payeeFsp"]] += Decimal(sent["amount"])
    return sums


@pytest.mark.parametrize("number", [1, 2])
def test_every_figure_of_the_settlement_report_is_the_hubs(hub: tuple[Ledger, str], number: int) -> None:
    ledger, url = hub
    api, answer = get(f"{url}/v2/settlements/{number}"), ledger.ask("settlement", settlementId=number)
    nets = told(api, url)
    positions = {row["participant"]: (row["net"], row["currency"], row["state"]) for row in answer["positions"]}
    assert positions == nets
    currency = next(iter(nets.values()))[1]
    moved = traffic(currency)
    assert {(row["sender"], row["receiver"]): row["amount"] for row in answer["matrix"]} == moved
    for row in answer["positions"]:
        sent = sum(amount for (payer, _), amount in moved.items() if payer == row["participant"])
        received = sum(amount for (_, payee), amount in moved.items() if payee == row["participant"])
        assert (row["sent"], row["received"], row["difference"]) == (sent, received, 0)
    assert [(row["currency"], row["net"], row["participants"]) for row in answer["check"]] == [
        (currency, sum(net for net, _, _ in nets.values()), len(nets))
    ]
    facts, windows = (
        answer["settlement"][0],
        [get(f"{url}/v2/settlementWindows/{one['id']}") for one in api["settlementWindows"]],
    )
    assert (facts["state"], facts["windows"]) == (api["state"], len(windows))
    assert f"{facts['created']:%Y-%m-%dT%H:%M:%S}" == api["createdDate"][:19]
    assert f"{facts['opened']:%Y-%m-%dT%H:%M:%S}" == min(window["createdDate"] for window in windows)[:19]


@pytest.mark.parametrize("number", [1, 2])
def test_every_figure_of_a_dfsps_settlement_report_is_the_hubs(hub: tuple[Ledger, str], number: int) -> None:
    ledger, url = hub
    for name, (net, currency, state) in told(get(f"{url}/v2/settlements/{number}"), url).items():
        answer = ledger.ask("dfsp-settlement", settlementId=number, fspId=name)
        position = [(row["net"], row["currency"], row["state"]) for row in answer["position"]]
        assert position == [(net, currency, state)]
        moved = traffic(currency)
        for row in answer["counterparties"]:
            sent, received = moved[name, str(row["counterparty"])], moved[str(row["counterparty"]), name]
            assert (row["sent"], row["received"], row["net"]) == (sent, received, sent - received)
        assert sum(row["net"] for row in answer["counterparties"]) == net
