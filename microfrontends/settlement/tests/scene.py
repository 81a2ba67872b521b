"""Two hubs that must be alike: the one in memory and the sandbox, with what a test needs to do to either."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from werkzeug.serving import make_server

from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import Hub, MojaloopHub
from microfrontends.settlement.tests.fake_hub import FakeHub
from sandbox.hub.app import create_app, worker_of
from sandbox.hub.service import Options

AROUND_NOW = Period(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))


class Scene(Protocol):
    """A hub with participants, in which transfers can be made and time can pass."""

    @property
    def hub(self) -> Hub:
        """The hub as this app speaks to it."""

    def transfer(self, amount: str, currency: str = "USD") -> None:
        """A committed transfer of payerfsp to payeefsp in the open window."""

    def until_closed(self, window_id: int) -> Window:
        """The window, once the hub has added it up."""


class InMemory:
    """The hub in memory."""

    def __init__(self) -> None:
        self.hub = FakeHub()
        self.hub.has(1, WindowState.OPEN)

    def transfer(self, amount: str, currency: str = "USD") -> None:
        """Book it."""
        (window,) = self.hub.open_windows()
        self.hub.transfer(window.id, amount, currency)

    def until_closed(self, window_id: int) -> Window:
        """Have the hub add it up."""
        self.hub.finish()
        return self.hub.kept[window_id]


class Sandbox:
    """The sandbox hub at a port of this machine, reached as a real one is."""

    def __init__(self, base: str, database_url: str) -> None:
        self._base = base
        self.hub = MojaloopHub(f"{base}/v2", base, database_url)

    def transfer(self, amount: str, currency: str = "USD") -> None:
        """Send it through the scheme."""
        order = {"payerFsp": "payerfsp", "payeeFsp": "payeefsp", "amount": amount, "currency": currency}
        assert self.send("/transfers", order)["state"] == "COMMITTED"

    def until_closed(self, window_id: int) -> Window:
        """Ask until it is."""
        for _ in range(100):
            window = self.hub.window(window_id)
            if window and window.state is WindowState.CLOSED:
                return window
            time.sleep(0.05)
        raise AssertionError(f"window {window_id} did not close")

    def send(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the hub as an administrator."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def populate(self) -> None:
        """Two currencies, their settlement models, and two participants who may owe as much as they like."""
        for currency in ("USD", "XOF"):
            for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
                self.send("/participants/Hub/accounts", {"type": kind, "currency": currency})
            self.send("/settlementModels", _model(currency))
            for name in ("payerfsp", "payeefsp"):
                self.send("/participants", {"name": name, "currency": currency})
                cap = {"currency": currency, "limit": {"type": "NET_DEBIT_CAP", "value": 10_000_000}}
                self.send(f"/participants/{name}/initialPositionAndLimits", {**cap, "initialPosition": 0})
                self._deposit(name, currency)

    def _deposit(self, name: str, currency: str) -> None:
        with urllib.request.urlopen(f"{self._base}/participants/{name}/accounts", timeout=10) as answer:
            accounts = json.load(answer)
        (account,) = [
            each["id"] for each in accounts if (each["ledgerAccountType"], each["currency"]) == ("SETTLEMENT", currency)
        ]
        deposit = {
            "transferId": f"00000000-0000-4000-8000-{account:012d}",
            "externalReference": "opening",
            "action": "recordFundsIn",
            "reason": "opening",
            "amount": {"amount": "10000000", "currency": currency},
            "extensionList": {"extension": [{"key": "user", "value": "test"}]},
        }
        self.send(f"/participants/{name}/accounts/{account}", deposit)


def _model(currency: str) -> dict[str, Any]:
    return {
        "name": f"DEFERREDNET{currency}",
        "settlementGranularity": "NET",
        "settlementInterchange": "MULTILATERAL",
        "settlementDelay": "DEFERRED",
        "requireLiquidityCheck": True,
        "ledgerAccountType": "POSITION",
        "autoPositionReset": True,
        "currency": currency,
        "settlementAccountType": "SETTLEMENT",
    }


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """A sandbox hub that runs meanwhile. Closing takes it a third of a second, so that PROCESSING can be seen."""
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    app = create_app(url, Options(close_s=0.3, funds_s=0.0))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    worker_of(app).start()
    try:
        scene = Sandbox(f"http://127.0.0.1:{server.server_port}", url)
        scene.populate()
        yield scene
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        worker_of(app).stop()
        app.extensions["hub"].database.close()
