"""A hub with two settlements of four participants, the packs that they asked for, and people to whom these belong."""

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.packs.desk import NAME, Desk
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.rounds import Rounds
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.golden import ledger

EVER = 24 * 365 * 20  # hours: all that the golden ledger holds
VIEW, ANSWER_FOR = "reports:packs:view", "reports:packs:acknowledge"
WATCH, ANSWER = "reports:deliveries:view", "reports:deliveries:answer"
OPEN_TO_DFSPS = (
    "reports:dfsp-settlement:view",
    "reports:dfsp-settlement-detail:view",
    "reports:dfsp-settlement-result:view",
)
PARTICIPANTS = ("alphabank", "betawallet", "deltamfi", "gammapay")
REPORTS = ("dfsp-settlement", "dfsp-settlement-detail", "dfsp-settlement-result")


@dataclass(frozen=True)
class Scene:
    """An app over a hub of its own."""

    app: Flask
    hub_url: str
    folder: Path

    @property
    def desk(self) -> Desk:
        """The app's."""
        found: Desk = self.app.extensions[NAME]
        return found

    def rounds(self, name: str = "worker") -> Rounds:
        """A worker's."""
        return Rounds(self.app, name, threading.Event())

    def noticed(self) -> int:
        """Look at the hub, and leave of what is to be produced the packs of one report; how many."""
        self.rounds().notice()
        with self.desk.packs.engine.begin() as connection:
            connection.execute(text("DELETE FROM pack WHERE report <> 'dfsp-settlement'"))
        return len(self.packs())

    def packs(self, **wanted: Any) -> list[Pack]:
        """All packs, or those with these attributes."""
        engine = self.desk.packs.engine
        with engine.connect() as connection:
            ids = connection.execute(text("SELECT id FROM pack ORDER BY id")).scalars().all()
        found = [pack for each in ids if (pack := self.desk.packs.find(each))]
        return [each for each in found if all(getattr(each, key) == value for key, value in wanted.items())]

    def one(self, participant: str = "alphabank", report: str = "dfsp-settlement", settlement: int = 1) -> Pack:
        """The newest version of one participant's pack of a settlement."""
        found = [each for each in self.packs(participant=participant, report=report) if each.event.object == settlement]
        return max(found, key=lambda each: each.version)

    def of(self, *participants: str, permissions: tuple[str, ...] = (VIEW, ANSWER_FOR, *OPEN_TO_DFSPS)) -> FlaskClient:
        """Somebody of these participants."""
        name = participants[0] if participants else "nobody"
        claims = {"sub": f"u-{name}", "name": f"Person of {name}", "username": name, "roles": []}
        return user_with(self.app, *permissions, hub=False, participants=list(participants), **claims)

    def staff(self, *permissions: str) -> FlaskClient:
        """Somebody of the hub's staff, with the overview unless said otherwise."""
        return user_with(self.app, *(permissions or (WATCH, ANSWER)))

    def audited(self, action: str) -> list[Any]:
        """The audit's entries of an action, the oldest first."""
        log = self.app.extensions["portal_audit"]
        head = log.head()
        return [entry for seq in range(1, (head.size if head else 0) + 1) if (entry := log.entry(seq)).action == action]


def scene(folder: Path, hub_url: str, **more: Any) -> Scene:
    """An app over this hub; all that has happened there counts, unless said otherwise."""
    settings = {"hub_database_url": hub_url, "pack_look_back_hours": EVER, **more}
    return Scene(create_app(settings_for(ReportsSettings, folder, **settings)), hub_url, folder)


def build_hub(folder: Path) -> str:
    """The golden ledger in SQLite; its URL."""
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    ledger.build(url)
    return url


def copy_of(made: Path, folder: Path, **more: Any) -> Scene:
    """An app of one's own over copies of all that another has."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return scene(folder, f"sqlite:///{folder / 'hub.sqlite'}", **more)


def change(url: str, *statements: str) -> None:
    """Have the hub write something."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def window_closes(url: str, window: int, change_id: int) -> None:
    """Have the hub close a window, with one change that has this number."""
    change(
        url,
        "INSERT INTO settlementWindowStateChange (settlementWindowStateChangeId, settlementWindowId,"
        " settlementWindowStateId, reason, createdDate)"
        f" VALUES ({change_id}, {window}, 'CLOSED', 'test', '2026-11-22 09:00:00')",
    )


def settlement_enters(url: str, settlement: int, state: str, change_id: int) -> None:
    """Have a settlement enter a state once more."""
    change(
        url,
        "INSERT INTO settlementStateChange (settlementStateChangeId, settlementId, settlementStateId, reason,"
        f" createdDate) VALUES ({change_id}, {settlement}, '{state}', 'test', '2026-11-22 09:00:00')",
    )


def settlement_again(url: str, number: int, of: int = 1) -> None:
    """Another settlement over the same net amounts as an earlier one, just created."""
    change(
        url,
        f"INSERT INTO settlement SELECT {number}, reason, createdDate, {number}00, settlementModelId FROM settlement"
        f" WHERE settlementId = {of}",
        "INSERT INTO settlementParticipantCurrency (settlementParticipantCurrencyId, settlementId,"
        " participantCurrencyId, netAmount, createdDate, currentStateChangeId, settlementTransferId)"
        f" SELECT settlementParticipantCurrencyId + {number}00, {number}, participantCurrencyId, netAmount,"
        " createdDate, currentStateChangeId, NULL"
        f" FROM settlementParticipantCurrency WHERE settlementId = {of}",
    )
    settlement_enters(url, number, "PENDING_SETTLEMENT", number * 100)
