"""A hub without a server or a thread: its time stands still until a test moves it, and its work is done on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from sandbox.hub import Options, create_app, worker_of
from sandbox.hub.database import Books, Database, Past

Answer = tuple[int, Any]


class SmallHub:
    """The hub, and its clock."""

    def __init__(self, file: Path, options: Options | None = None, past: Past | None = None) -> None:
        self.file = file
        self.now = datetime(2026, 11, 22, 12, 0, 0, 250_000)  # noqa: DTZ001 - UTC, as the hub keeps it
        self.app = create_app(f"sqlite:///{file}", options, clock=lambda: self.now, past=past)
        self.database: Database = self.app.extensions["hub"].database
        self._client: FlaskClient = self.app.test_client()

    def get(self, path: str) -> Answer:
        """What the hub answers to a read."""
        return self.send("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """What the hub answers to something new."""
        return self.send("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Answer:
        """What the hub answers to a change."""
        return self.send("PUT", path, body)

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """What the hub answers."""
        answer = self._client.open(path, method=method, json=body)
        return answer.status_code, answer.get_json() if answer.data else None

    def raw(self, method: str, path: str, data: bytes, content_type: str) -> Answer:
        """What the hub answers to bytes that may not be JSON."""
        answer = self._client.open(path, method=method, data=data, content_type=content_type)
        return answer.status_code, answer.get_json()

    def wait(self, seconds: float) -> int:
        """Let time pass and the worker work; how many tasks it had."""
        self.now += timedelta(seconds=seconds)
        return worker_of(self.app).run_due()

    @contextmanager
    def books(self) -> Iterator[Books]:
        """A look at the books."""
        with self.database.read() as books:
            yield books

    def close(self) -> None:
        """Stop, as at the end of a process."""
        self.database.close()

    # What many tests begin with.

    def set_up(self, *names: str, cap: int = 1000, deposit: str | None = "5000") -> None:
        """A scheme in USD with these participants, each with a cap and a deposit."""
        for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
            assert self.post("/participants/Hub/accounts", {"type": kind, "currency": "USD"})[0] == 201
        assert self.post("/settlementModels", MODEL)[0] == 201
        for name in names:
            limit = {"type": "NET_DEBIT_CAP", "value": cap}
            assert self.post("/participants", {"name": name, "currency": "USD"})[0] == 201
            start = {"currency": "USD", "limit": limit, "initialPosition": 0}
            assert self.post(f"/participants/{name}/initialPositionAndLimits", start)[0] == 201
            if deposit:
                assert self.move(name, deposit)[0] == 202
        self.wait(1)

    def move(self, name: str, amount: Any, action: str = "recordFundsIn", transfer: str | None = None) -> Answer:
        """Order funds in, or funds out to be reserved."""
        with self.books() as books:
            transfer = transfer or books.ulid()
        order = {"transferId": transfer, "externalReference": "ref", "action": action, "reason": "because"}
        path = f"/participants/{name}/accounts/{self.account(name, 'SETTLEMENT')}"
        return self.post(path, {**order, "amount": {"amount": amount, "currency": "USD"}})

    def transfer(self, payer: str, payee: str, amount: str, **more: Any) -> str:
        """Send a transfer; the state that it came to."""
        sent = {"payerFsp": payer, "payeeFsp": payee, "amount": amount, "currency": "USD", **more}
        status, answer = self.post("/transfers", sent)
        assert status == 200, answer
        return str(answer["state"])

    def close_window(self, number: int) -> None:
        """Close a window and wait until its figures are there."""
        status, answer = self.post(f"/v2/settlementWindows/{number}", {"state": "CLOSED", "reason": "end of day"})
        assert status == 200, answer
        self.wait(1)

    def settle(self, *windows: int) -> int:
        """Make a settlement of closed windows; its number."""
        wanted = {
            "settlementModel": "DEFERREDNET",
            "reason": "settle",
            "settlementWindows": [{"id": n} for n in windows],
        }
        status, answer = self.post("/v2/settlements", wanted)
        assert status == 200, answer
        return int(answer["id"])

    def step(self, number: int, state: str) -> Answer:
        """Move every account of a settlement on."""
        people = self.get(f"/v2/settlements/{number}")[1]["participants"]
        for one in people:
            one["accounts"] = [{"id": entry["id"], "state": state, "reason": "next"} for entry in one["accounts"]]
        return self.put(f"/v2/settlements/{number}", {"participants": people})

    def account(self, name: str, kind: str = "POSITION") -> int:
        """The number of a participant's account."""
        held = self.get(f"/participants/{name}")[1]["accounts"]
        return int(next(entry["id"] for entry in held if entry["ledgerAccountType"] == kind))

    def value(self, name: str, kind: str = "POSITION") -> Any:
        """What stands on a participant's account."""
        held = self.get(f"/participants/{name}/accounts")[1]
        return next(entry["value"] for entry in held if entry["ledgerAccountType"] == kind)


MODEL = {
    "name": "DEFERREDNET",
    "settlementGranularity": "NET",
    "settlementInterchange": "MULTILATERAL",
    "settlementDelay": "DEFERRED",
    "requireLiquidityCheck": True,
    "ledgerAccountType": "POSITION",
    "autoPositionReset": True,
    "currency": "USD",
    "settlementAccountType": "SETTLEMENT",
}


def refusal(answer: Answer) -> tuple[int, str, str]:
    """An error's status, code and words."""
    status, said = answer
    information = said["errorInformation"]
    return status, information["errorCode"], information["errorDescription"]
