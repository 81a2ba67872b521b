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

from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import Hub, MojaloopHub, Patience
from microfrontends.settlement.tests.fake_hub import FakeHub
from sandbox.hub import tables
from sandbox.hub.app import create_app, worker_of
from sandbox.hub.database import Past
from sandbox.hub.service import Options

AROUND_NOW = Period(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))
CURRENCIES = ("USD", "XOF")


class Quiet(WSGIRequestHandler):
    """Keeps a connection for the next request, as gunicorn does, and writes no line for each."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        """Nothing."""


class Scene(Protocol):
    """A hub with payerfsp and payeefsp, in which transfers can be made and time can pass."""

    @property
    def hub(self) -> Hub:
        """The hub as this app speaks to it."""

    def join(self, name: str, currency: str, cap: str = "10000000", liquidity: str = "10000000") -> None:
        """Let a participant take part in a currency."""

    def transfer(
        self,
        amount: str,
        currency: str = "USD",
        payer: str = "payerfsp",
        payee: str = "payeefsp",
        answer: str = "commit",
    ) -> None:
        """A transfer in the open window; `answer` is what the payee does: commit, abort, or reserve for no answer."""

    def until_closed(self, window_id: int) -> Window:
        """The window, once the hub has added it up."""

    def until_applied(self) -> None:
        """Wait for all funds that were ordered."""

    def slow(self) -> None:
        """Have what is asked for next, funds or a close, done so late that nobody sees it at once."""

    def refuse(self, account_id: int, words: str) -> None:
        """Have the next change of an account in a settlement refused, within an answer that is a success."""


class InMemory:
    """The hub in memory."""

    def __init__(self, *names: str) -> None:
        self.hub = FakeHub()
        self.hub.has(1, WindowState.OPEN)
        for currency in CURRENCIES:
            for name in names:
                self.join(name, currency)

    def join(self, name: str, currency: str, cap: str = "10000000", liquidity: str = "10000000") -> None:
        """Put it into the books."""
        self.hub.books.join(name, currency, cap=cap, liquidity=liquidity)

    def transfer(
        self,
        amount: str,
        currency: str = "USD",
        payer: str = "payerfsp",
        payee: str = "payeefsp",
        answer: str = "commit",
    ) -> None:
        """Book it."""
        (window,) = self.hub.open_windows()
        if answer == "commit":
            self.hub.transfer(window.id, amount, currency, payer=payer, payee=payee)
        elif answer == "reserve":
            self.hub.books.reserve(payer, amount, currency)

    def until_closed(self, window_id: int) -> Window:
        """Have the hub add it up."""
        self.hub.finish()
        return self.hub.kept[window_id]

    def until_applied(self) -> None:
        """Have the hub apply all."""
        self.hub.books.settle_down()

    def slow(self) -> None:
        """Nothing to do: nothing is applied here until somebody looks, or says that it is."""

    def refuse(self, account_id: int, words: str) -> None:
        """Tell the hub."""
        self.hub.settling.refused[account_id] = words


class Sandbox:
    """The sandbox hub at a port of this machine, reached as a real one is."""

    def __init__(self, base: str, database_url: str, app: Flask, patience: Patience | None = None) -> None:
        self.base, self._database = base, app.extensions["hub"].database
        self.hub = MojaloopHub(f"{base}/v2", base, database_url, patience)

    def join(self, name: str, currency: str, cap: str = "10000000", liquidity: str = "10000000") -> None:
        """As an administrator does: a cap, then an opening deposit."""
        self.send("/participants", {"name": name, "currency": currency})
        limit = {"currency": currency, "limit": {"type": "NET_DEBIT_CAP", "value": cap}}
        self.send(f"/participants/{name}/initialPositionAndLimits", {**limit, "initialPosition": 0})
        kinds = {(each.kind, each.currency): each.account_id for each in self.hub.accounts(name)}
        account = kinds["SETTLEMENT", currency]
        deposit = {
            "transferId": f"00000000-0000-4000-8000-{account:012d}",
            "externalReference": "opening",
            "action": "recordFundsIn",
            "reason": "opening",
            "amount": {"amount": liquidity, "currency": currency},
            "extensionList": {"extension": [{"key": "user", "value": "test"}]},
        }
        if liquidity != "0":
            self.send(f"/participants/{name}/accounts/{account}", deposit)

    def transfer(
        self,
        amount: str,
        currency: str = "USD",
        payer: str = "payerfsp",
        payee: str = "payeefsp",
        answer: str = "commit",
    ) -> None:
        """Send it through the scheme."""
        states = {"commit": "COMMITTED", "abort": "ABORTED_ERROR", "reserve": "RESERVED"}
        order = {"payerFsp": payer, "payeeFsp": payee, "amount": amount, "currency": currency, "outcome": answer}
        assert self.send("/transfers", order)["state"] == states[answer]

    def until_closed(self, window_id: int) -> Window:
        """Ask until it is."""
        for _ in range(250):
            window = self.hub.window(window_id)
            if window and window.state is WindowState.CLOSED:
                return window
            time.sleep(0.02)
        raise AssertionError(f"window {window_id} did not close")

    def until_applied(self) -> None:
        """Wait until the hub's worker has nothing to do."""
        for _ in range(200):
            with self._database.read() as books:
                left = books.row(select(func.count().label("n")).select_from(tables.sandbox_job))
            if left is not None and left.n == 0:
                return
            time.sleep(0.02)
        raise AssertionError("the hub did not come to rest")

    def slow(self) -> None:
        """Through a fault."""
        self.break_("lag", method="POST", path="/participants/.*/accounts/.*|/v2/settlementWindows/.*", seconds=0.6)

    def refuse(self, account_id: int, words: str) -> None:
        """Through a fault."""
        self.break_("refuse_account", method="PUT", path="/v2/settlements/.*", account=account_id, text=words)

    def break_(self, effect: str, **how: Any) -> None:
        """Switch a fault on."""
        self.send("/sandbox/faults", {"effect": effect, **how})

    def mend(self) -> None:
        """Switch all faults off."""
        self._ask(urllib.request.Request(f"{self.base}/sandbox/faults", method="DELETE"))

    def calls(self) -> list[tuple[str, str]]:
        """Method and path of every call since the hub began."""
        return [
            (each["method"], each["path"]) for each in self._ask(urllib.request.Request(f"{self.base}/sandbox/calls"))
        ]

    def send(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the hub as an administrator."""
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.base + path, json.dumps(body).encode(), headers))

    def set_up(self, *names: str) -> None:
        """Two currencies, their settlement models, and participants who may owe as much as they like."""
        for currency in CURRENCIES:
            for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
                self.send("/participants/Hub/accounts", {"type": kind, "currency": currency})
            self.send("/settlementModels", _model(currency))
            for name in names:
                self.join(name, currency)
        self.until_applied()

    def _ask(self, request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
        return json.loads(said) if said else None


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
def sandbox(
    folder: Path, *names: str, past: Past | None = None, close_s: float = 0.05, patience: Patience | None = None
) -> Iterator[Sandbox]:
    """A sandbox hub that runs meanwhile; with a past instead of participants, if one is given."""
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    app = create_app(url, Options(close_s=close_s, funds_s=0.0, faults=True), past=past)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    worker_of(app).start()
    try:
        scene = Sandbox(f"http://127.0.0.1:{server.server_port}", url, app, patience)
        if past is None:
            scene.set_up(*names)
        yield scene
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        worker_of(app).stop()
        app.extensions["hub"].database.close()


@contextmanager
def scene_of(kind: str, folder: Path, *names: str) -> Iterator[Scene]:
    """One of the two hubs, `memory` or `sandbox`, with participants."""
    if kind == "memory":
        yield InMemory(*names)
    else:
        with sandbox(folder, *names) as there:
            yield there
