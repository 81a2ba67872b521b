"""A settlement day on a hub in memory, and people who ask for things: what a run does, call by call."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask

from bff.change.approvals import Changes
from bff.change.states import State
from bff.change.tasks import Task
from bff.identity.principal import Identity
from bff.run import Person
from microfrontends.settlement.desk import Desk
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.domain.ledger import Ledger
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.reading import Ladder, ladder
from microfrontends.settlement.run.records import SettlementRun, Step
from microfrontends.settlement.run.runner import Runner
from microfrontends.settlement.run.states import StepKind
from microfrontends.settlement.run.table import settlement_run
from microfrontends.settlement.run.work import Patience
from microfrontends.settlement.tests.fake_books import RECONCILIATION
from microfrontends.settlement.tests.fake_hub import FakeHub

HASTY = Patience(poll=0.0, longest_poll=0.0, taken=0.02, in_doubt=0.01, adding_up=0.05, pause=0.0)
NAMES = ("alpha", "beta", "gamma", "delta")
# Two net senders and two net recipients in either currency, to the fourth decimal.
TRANSFERS = (
    ("USD", "alpha", "beta", "1500.75"),
    ("USD", "gamma", "delta", "20.05"),
    ("USD", "beta", "alpha", "250.25"),
    ("XOF", "beta", "alpha", "70000"),
    ("XOF", "delta", "gamma", "1.0001"),
)
WRITES = (
    "create_settlement",
    "advance",
    "set_cap",
    "set_account_active",
    "funds_in",
    "funds_out_reserve",
    "funds_out_commit",
)


def person(subject: str, *permissions: str, role: str = "financeManager") -> Identity:
    """Somebody at a hub."""
    name = subject.removeprefix("u-")
    return Identity(subject, name.title(), name, frozenset(), True, frozenset(permissions), (role,), "", "")


FATIMA = person("u-fatima", P.FINALISE, P.VIEW_SETTLEMENTS)
CLARA = person("u-clara", P.FINALISE, role="clerk")
MARCUS = person("u-marcus", P.APPROVE_SETTLEMENT, role="manager")


def by(who: Identity) -> Person:
    """Somebody as they are remembered."""
    return Person(who.subject, who.name, who.username)


@dataclass
class Bench:
    """The app's parts over its hub. Each `worker` is a process of its own as far as a run can tell."""

    app: Flask
    hub: FakeHub
    patience: Patience = HASTY
    workers: int = field(default=0, init=False)

    @property
    def desk(self) -> Desk:
        found: Desk = self.app.extensions["settlement_desk"]
        return found

    @property
    def changes(self) -> Changes:
        found: Changes = self.app.extensions["portal_changes"]
        return found

    def open_day(self) -> None:
        """A closed window that holds what four participants sent each other in two currencies."""
        self.hub.has(1, WindowState.PROCESSING)
        for name in NAMES:
            for currency in ("USD", "XOF"):
                self.hub.books.join(name, currency, cap="1000000", liquidity="1000000")
        for currency, payer, payee, amount in TRANSFERS:
            self.hub.transfer(1, amount, currency, payer=payer, payee=payee)
        self.hub.finish()

    def worker(self) -> Runner:
        """One more worker."""
        self.workers += 1
        return Runner(self.desk.runs, self.changes.execution, self.hub, f"worker-{self.workers}", self.patience)

    def work(self, run: SettlementRun | str) -> SettlementRun:
        """Have a new worker go on with a run as far as it can; the run as it then is."""
        run_id = run if isinstance(run, str) else run.id
        with self.app.app_context():
            self.worker().work_at(run_id)
        return self.run(run_id)

    def run(self, run_id: str) -> SettlementRun:
        """A run as it is."""
        return self.desk.runs.get(run_id)

    def ladder(self, run: SettlementRun) -> Ladder:
        """A run as pages show it."""
        return ladder(self.desk.runs, self.run(run.id), self.desk.runs.clock())

    def ask(self, action: str, who: Identity = FATIMA, **command: Any) -> Task:
        """Ask for something, and have Marcus let it through where the policy wants that."""
        with self.app.app_context():
            loaded = self.changes.actions[f"settlement.{action}"].schema().load({"reason": "", **command})
            task = self.changes.ask(f"settlement.{action}", loaded, str(uuid.uuid4()), who)
            if task.state is State.PENDING:
                task = self.changes.decide(task, "approve", task.sha256, "", MARCUS)
        assert task.state is State.DONE, (task.state, task.problem)
        return task

    def settle(self, model: str = "DEFERREDNETUSD", windows: str = "1") -> SettlementRun:
        """Settle, and work at it."""
        return self.work(self.ask("settle", model=model, windows=windows).id)

    def finalise(self, settlement_id: int, **more: Any) -> SettlementRun:
        """Ask for a finalisation that is let through, and do not work at it yet."""
        return self.run(self.ask("finalise", settlement_id=settlement_id, **more).id)

    def ready(self) -> SettlementRun:
        """A finalisation of the USD part that was let through, and that nobody works at yet."""
        self.settle()
        return self.finalise(1)

    def step(self, run: SettlementRun, participant: str, kind: StepKind) -> Step:
        """A participant's step."""
        mine = (participant, kind)
        return next(each for each in self.desk.runs.steps(run.id) if (each.participant, each.kind) == mine)

    def lowering(self, settlement_id: int) -> str:
        """A finalisation that also lowers caps to the liquidity that is left; its id."""
        made = self.desk.finalisations.make(settlement_id, Options(lower_caps=True), by(FATIMA))
        return made.id

    def resume(self, run: SettlementRun, who: Identity = FATIMA) -> SettlementRun:
        """Resume, and work at it."""
        self.ask("resume", who, run_id=run.id)
        return self.work(run)

    def abandon(self, run: SettlementRun) -> None:
        """Let the lease of a worker that died run out."""
        before, self.desk.runs.clock = self.desk.runs.clock, later(self.desk.runs.clock)
        assert run.id in self.desk.runs.abandoned()
        self.desk.runs.let_go(run.id, self.run(run.id).holder or "")
        self.desk.runs.clock = before

    def come_back(self, run: SettlementRun) -> None:
        """Let the time pass after which a hub that did not answer is asked again."""
        with self.desk.runs.engine.begin() as connection:
            mine = settlement_run.c.id == run.id
            connection.execute(settlement_run.update().where(mine).values(lease_until=None))

    def ledger(self) -> Ledger:
        """Accounts and caps as they are."""
        return Ledger(self.hub.books.accounts.values(), self.hub.books.caps())

    @property
    def books(self) -> dict[str, Decimal]:
        """What stands on every account, and every cap."""
        self.hub.books.settle_down()
        accounts = {f"{a.participant} {a.currency} {a.kind}": a.value for a in self.hub.books.accounts.values()}
        caps = {f"{cap.participant} {cap.currency} cap {cap.alarm}": cap.value for cap in self.hub.books.caps()}
        return accounts | caps

    @property
    def movements(self) -> Counter[tuple[str, str, Decimal]]:
        """What moved for good, by participant, currency and amount (out below zero)."""
        moved = [each for each in self.hub.books.funds.values() if each.state == "COMMITTED"]
        signed = ((each.order, each.order.amount if each.incoming else -each.order.amount) for each in moved)
        return Counter((order.participant, order.currency, amount) for order, amount in signed)

    def reconciled(self) -> None:
        """The invariants of the ledger: the hub holds what lies in the liquidity accounts, to the last digit."""
        books = self.hub.books
        for currency in ("USD", "XOF"):
            held = [each for each in books.accounts.values() if each.currency == currency]
            liquidity = sum(each.value for each in held if each.kind == "SETTLEMENT")
            assert liquidity + books.account("Hub", currency, RECONCILIATION).value == 0
            positions = [each.value for each in held if each.kind in ("POSITION", "HUB_MULTILATERAL_SETTLEMENT")]
            assert sum(positions) == 0

    def writes(self) -> list[str]:
        """The calls so far that change something."""
        return [each for each in self.hub.calls if each in WRITES]


def later(clock: Any) -> Any:
    """A clock that is a minute ahead."""
    return lambda: clock() + timedelta(minutes=1)
