"""A hub that was started for it can be broken on purpose, call by call; any other knows of no such thing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from sandbox.hub import Options, running
from sandbox.tests.small_hub import MODEL, SmallHub, refusal

WINDOWS = "/v2/settlementWindows?fromDateTime=2020-01-01"
CLOSE = {"state": "CLOSED", "reason": "end of day"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SmallHub]:
    """A hub that may be broken, with payerfsp and payeefsp."""
    with closing(SmallHub(tmp_path / "hub.sqlite", Options(faults=True))) as small:
        small.set_up("payerfsp", "payeefsp")
        yield small


def break_(hub: SmallHub, effect: str, **how: Any) -> dict[str, Any]:
    """Switch a fault on."""
    status, fault = hub.post("/sandbox/faults", {"effect": effect, **how})
    assert status == 201, fault
    assert isinstance(fault, dict)
    return fault


def statuses(hub: SmallHub, *calls: str) -> list[int]:
    """How the hub answers to some reads."""
    return [hub.get(path)[0] for path in calls]


def test_a_hub_has_no_faults_unless_it_was_started_for_them(small_hub: SmallHub) -> None:
    for method, path in (("GET", "faults"), ("POST", "faults"), ("DELETE", "faults"), ("GET", "calls")):
        answer = small_hub.send(method, f"/sandbox/{path}", {"effect": "drop"} if method == "POST" else None)
        assert refusal(answer) == (404, "3002", "Unknown URI - Not Found")


def test_one_call_is_refused_in_the_words_that_were_asked_for(hub: SmallHub) -> None:
    break_(hub, "refuse", method="GET", path="/participants", status=400, code="3100", text="Generic - not today")
    assert statuses(hub, "/participants/limits", "/health") == [200, 200]
    assert refusal(hub.get("/participants")) == (400, "3100", "Generic - not today")
    assert statuses(hub, "/participants") == [200]


def test_the_nth_call_is_struck_and_as_many_after_it_as_asked_for(hub: SmallHub) -> None:
    break_(hub, "refuse", path="/participants", nth=2, times=2)
    assert statuses(hub, *["/participants"] * 5) == [200, 500, 500, 200, 200]
    break_(hub, "refuse", path="/participants/.*", times=0)
    assert statuses(hub, "/participants/payerfsp", "/participants/limits", "/participants") == [500, 500, 200]


def test_faults_are_listed_with_what_they_did_and_switched_off(hub: SmallHub) -> None:
    first = break_(hub, "refuse", path="/health", nth=2)
    second = break_(hub, "lose", method="PUT")
    assert statuses(hub, "/health", "/health", "/health") == [200, 500, 200]
    told = hub.get("/sandbox/faults")[1]
    assert [(each["id"], each["seen"], each["struck"]) for each in told] == [(first["id"], 3, 1), (second["id"], 0, 0)]
    assert hub.send("DELETE", f"/sandbox/faults/{second['id']}") == (204, None)
    assert [each["id"] for each in hub.get("/sandbox/faults")[1]] == [first["id"]]
    assert hub.send("DELETE", "/sandbox/faults") == (204, None)
    assert hub.get("/sandbox/faults") == (200, [])


def test_every_call_is_remembered_with_how_it_was_answered(hub: SmallHub) -> None:
    hub.send("DELETE", "/sandbox/calls")
    fault = break_(hub, "refuse", path="/health", times=0)
    statuses(hub, "/health", "/participants")
    assert hub.get("/sandbox/calls")[1] == [
        {"method": "GET", "path": "/health", "answered": "500", "fault": fault["id"]},
        {"method": "GET", "path": "/participants", "answered": "200", "fault": None},
    ]


@pytest.mark.parametrize(("after", "cap"), [(False, 1000), (True, 1500)])
def test_a_refusal_comes_before_the_effect_or_after_it(hub: SmallHub, after: bool, cap: int) -> None:
    break_(hub, "refuse", method="PUT", path="/participants/payerfsp/limits", after=after)
    limit = {"type": "NET_DEBIT_CAP", "value": 1500, "alarmPercentage": 10}
    assert hub.put("/participants/payerfsp/limits", {"currency": "USD", "limit": limit})[0] == 500
    assert hub.get("/participants/payerfsp/limits")[1][0]["limit"]["value"] == cap


def test_a_deadlock_changes_nothing_and_says_so_as_the_database_does(hub: SmallHub) -> None:
    hub.transfer("payerfsp", "payeefsp", "5")
    break_(hub, "deadlock", method="POST", path=r"/v2/settlementWindows/\d+")
    words = "Internal server error - Deadlock found when trying to get lock; try restarting transaction"
    assert refusal(hub.post("/v2/settlementWindows/1", CLOSE)) == (500, "2001", words)
    assert hub.post("/v2/settlementWindows/1", CLOSE)[0] == 200


def test_an_order_is_lost_behind_a_202(hub: SmallHub) -> None:
    break_(hub, "lose", method="POST", path="/participants/payerfsp/accounts/.*")
    assert [hub.move("payerfsp", "100"), hub.move("payerfsp", "7")] == [(202, None)] * 2
    hub.wait(60)
    assert hub.value("payerfsp", "SETTLEMENT") == -5007


def test_an_order_takes_as_long_as_asked_for(hub: SmallHub) -> None:
    break_(hub, "lag", method="POST", path="/participants/.*", seconds=30)
    hub.move("payerfsp", "100")
    hub.wait(29)
    assert hub.value("payerfsp", "SETTLEMENT") == -5000
    hub.wait(2)
    assert hub.value("payerfsp", "SETTLEMENT") == -5100


def test_one_account_is_refused_within_a_200_and_the_others_are_carried_on(hub: SmallHub) -> None:
    hub.transfer("payerfsp", "payeefsp", "5")
    hub.close_window(1)
    number, account = hub.settle(1), hub.account("payeefsp")
    break_(hub, "refuse_account", method="PUT", path="/v2/.*", account=account, text="Busy")
    status, told = hub.step(number, "PS_TRANSFERS_RECORDED")
    assert (status, told["state"]) == (200, "PENDING_SETTLEMENT")
    held = {each["id"]: each for person in told["participants"] for each in person["accounts"]}
    assert held[account]["errorInformation"]["errorDescription"] == "Generic client error - Busy"
    assert held[account]["state"] == "PENDING_SETTLEMENT"
    assert held[hub.account("payerfsp")]["state"] == "PS_TRANSFERS_RECORDED"
    assert hub.step(number, "PS_TRANSFERS_RECORDED")[1]["state"] == "PS_TRANSFERS_RECORDED"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"effect": "explode"}, '"effect" must be one of'),
        ({"effect": "drop", "path": "("}, '"path" is not a regular expression'),
        ({"effect": "drop", "when": "now"}, '"when" is not allowed'),
        ({"effect": "drop", "nth": "second"}, '"nth" must be a number'),
        ([], '"value" must be of type object'),
    ],
)
def test_a_fault_that_nobody_understands_is_refused(hub: SmallHub, fault: Any, words: str) -> None:
    status, code, said = refusal(hub.post("/sandbox/faults", fault))
    assert (status, code) == (400, "3101")
    assert words in said
    assert hub.get("/sandbox/faults")[1] == []


class Client:
    """Someone who speaks to a hub over the network."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._pool = urllib3.PoolManager(retries=False, timeout=5, maxsize=8)

    def send(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        """The hub's answer. Raises HTTPError."""
        return self._pool.request(method, self._base + path, json=body)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Someone at a hub that may be broken, in which a transfer was made."""
    options = Options(close_s=0.0, funds_s=0.0, faults=True)
    with running(f"sqlite:///{tmp_path_factory.mktemp('faults') / 'hub.sqlite'}", options) as base:
        made = Client(base)
        for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
            made.send("POST", "/participants/Hub/accounts", {"type": kind, "currency": "USD"})
        made.send("POST", "/settlementModels", MODEL)
        for name in ("payerfsp", "payeefsp"):
            made.send("POST", "/participants", {"name": name, "currency": "USD"})
        yield made


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_dropped_before_the_effect_or_after_it(client: Client, after: bool) -> None:
    client.send("PUT", "/participants/payerfsp", {"isActive": True})
    client.send("POST", "/sandbox/faults", {"effect": "drop", "method": "PUT", "after": after})
    with pytest.raises(HTTPError):
        client.send("PUT", "/participants/payerfsp", {"isActive": False})
    assert client.send("GET", "/sandbox/calls").json()[-1]["answered"] == "dropped"
    assert client.send("GET", "/participants/payerfsp").json()["isActive"] == int(not after)


def test_an_answer_comes_too_late_and_the_effect_was_had(client: Client) -> None:
    client.send("PUT", "/participants/payerfsp", {"isActive": True})
    client.send("POST", "/sandbox/faults", {"effect": "delay", "method": "PUT", "after": True, "seconds": 4})
    impatient = urllib3.PoolManager(retries=False, timeout=1)
    with pytest.raises(HTTPError):
        impatient.request("PUT", f"{client._base}/participants/payerfsp", json={"isActive": False})
    assert client.send("GET", "/participants/payerfsp").json()["isActive"] == 0


def test_four_closes_at_once_leave_three_open_windows_when_a_race_is_asked_for(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path / 'hub.sqlite'}", Options(close_s=0.1, funds_s=0.0, faults=True)) as base:
        client = Client(base)
        _with_a_transfer(client)
        client.send("POST", "/sandbox/faults", {"effect": "race", "path": r"/v2/settlementWindows/\d+", "times": 4})
        with ThreadPoolExecutor(4) as pool:
            at_once = [pool.submit(client.send, "POST", "/v2/settlementWindows/1", CLOSE) for _ in range(4)]
        assert sorted(each.result().status for each in at_once) == [200, 200, 200, 500]
        states = [each["state"] for each in client.send("GET", WINDOWS).json()]
        assert states.count("OPEN") == 3


def _with_a_transfer(client: Client) -> None:
    for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
        client.send("POST", "/participants/Hub/accounts", {"type": kind, "currency": "USD"})
    client.send("POST", "/settlementModels", MODEL)
    for name in ("payerfsp", "payeefsp"):
        client.send("POST", "/participants", {"name": name, "currency": "USD"})
        cap = {"currency": "USD", "limit": {"type": "NET_DEBIT_CAP", "value": 1000}}
        client.send("POST", f"/participants/{name}/initialPositionAndLimits", cap)
    account = client.send("GET", "/participants/payerfsp").json()["accounts"][1]["id"]
    order = {"externalReference": "x", "action": "recordFundsIn", "reason": "x"}
    money = {"transferId": "01M8120ZYCRFQFFEM7ZFYT5ZA3", "amount": {"amount": "100", "currency": "USD"}}
    client.send("POST", f"/participants/payerfsp/accounts/{account}", {**order, **money})
    sent = {"payerFsp": "payerfsp", "payeeFsp": "payeefsp", "amount": "5", "currency": "USD"}
    while client.send("POST", "/transfers", sent).json()["state"] != "COMMITTED":
        pass
