"""A hub behind a real port and the portal over it, before anything happens; their databases, copied and put back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bff.access.assignments import SqlAssignments
from bff.testing import settings_for
from microfrontends.settlement.app import create_app
from microfrontends.settlement.hub import Patience as HubPatience
from microfrontends.settlement.run.work import Patience
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import NAMES, Bench
from microfrontends.settlement.tests.scene import Sandbox, _model, sandbox
from sandbox.hub.database import Past

HASTY = Patience(poll=0.004, longest_poll=0.02, taken=0.6, in_doubt=0.15, adding_up=2.0, pause=0.0)
HUB = HubPatience(read=2.0, close=2.0, order=0.25, settle=0.25)
Copy = sqlite3.Connection


@dataclass
class Empty:
    """A hub behind a real port and the portal over it, before anything happens."""

    folder: Path
    scene: Sandbox
    settings: SettlementSettings
    bench: Bench


@contextmanager
def empty(folder: Path) -> Iterator[Empty]:
    """Four participants in two currencies, which one model settles together."""
    with sandbox(folder, past=Past(timedelta(0), lambda books: None), patience=HUB) as scene:
        _set_up(scene)
        settings = settings_for(
            SettlementSettings,
            folder,
            time_zone="UTC",
            hub_settlement_url=f"{scene.base}/v2",
            hub_ledger_url=scene.base,
            hub_database_url=f"sqlite:///{folder / 'hub.sqlite'}",
        )
        store = SqlAssignments(settings.access_database_url)
        for subject, role in (("u-fatima", "financeManager"), ("u-marcus", "manager")):
            store.assign(subject, role, "test")
        bench = Bench(create_app(settings, scene.hub, bell=lambda _: None), scene.hub, HASTY)  # type: ignore[arg-type]
        yield Empty(folder, scene, settings, bench)


def _set_up(scene: Sandbox) -> None:
    for currency in ("USD", "XOF"):
        for kind in ("HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"):
            scene.send("/participants/Hub/accounts", {"type": kind, "currency": currency})
    both = {**_model("USD"), "name": "DEFERREDNET"}
    del both["currency"]
    scene.send("/settlementModels", both)
    for name in NAMES:
        for currency in ("USD", "XOF"):
            # Only this cap is above the liquidity that will be left, and lowered.
            scene.join(name, currency, cap="10000000" if (name, currency) == ("alpha", "USD") else "100000")
    scene.until_applied()


def copy_of(path: Path) -> Copy:
    """A database as it is now, in memory."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(path, timeout=5)) as live:
        live.backup(copy)
    return copy


def put_back(copy: Copy, path: Path) -> None:
    """Make a database what it was; whoever has it open sees it so from now on."""
    with closing(sqlite3.connect(path, timeout=5)) as live:
        copy.backup(live)
