"""The real shell, or the real settlement app over a hub in memory: `python -m tests.composition.part NAME PORT FOLDER`.

FOLDER/front and FOLDER/behind hold the balancers' ports; what the hub is told to close is written to FOLDER/closes."""

import os
import sys
from pathlib import Path

from flask import Flask

from bff.access.assignments import SqlAssignments
from bff.serve import Server, options
from bff.testing import settings_for
from microfrontends.settlement.app import create_app as settlement
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.fake_hub import FakeHub
from shell.app import create_app as shell
from shell.settings import ShellSettings

HOST, WINDOWS, DRAIN_S = "127.0.0.1", 400, 0.6


class WrittenDown(FakeHub):
    """Each process has one, and all of them write down what they were told."""

    folder = Path()

    def close(self, window_id: int, reason: str) -> Window:
        closes = os.open(self.folder / "closes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(closes, f"{window_id}\n".encode())
        os.close(closes)
        return super().close(window_id, reason)


def address(folder: Path, which: str) -> str:
    return f"http://{HOST}:{(folder / which).read_text()}"


def make(name: str, folder: Path) -> Flask:
    """One replica; all replicas of an app have their stores in common."""
    (own := folder / name).mkdir(exist_ok=True)
    front = address(folder, "front")
    access = f"sqlite:///{folder / 'access.sqlite'}"
    SqlAssignments(access).prepare()
    more = {"access_database_url": access, "drain_seconds": DRAIN_S}
    if name == "shell":
        apps = f"settlement={address(folder, 'behind')}"
        mine = {"base_url": front, "shell_url": "", "shell_keys": None, "microfrontends": apps}
        return shell(settings_for(ShellSettings, own, **more, **mine))
    hub = WrittenDown()
    hub.folder = folder
    for number in range(1, WINDOWS + 1):
        hub.has(number, WindowState.OPEN)
        hub.transfer(number, "10")
    nowhere = dict.fromkeys(("hub_settlement_url", "hub_ledger_url"), "http://hub.test")
    mine = {"shell_url": front, "shell_keys": None, "hub_database_url": "sqlite://"}
    return settlement(settings_for(SettlementSettings, own, **more, **mine, **nowhere), hub)


if __name__ == "__main__":
    what, port, where = sys.argv[1:]
    Server(lambda: make(what, Path(where)), options(f"{HOST}:{port}", workers=1, threads=8)).run()
