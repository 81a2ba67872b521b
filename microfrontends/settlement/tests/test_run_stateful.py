"""Whatever happens in whatever order, with whatever faults: the books of the hub keep the invariants of a ledger."""

import contextlib
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bff import HubRefused, RuleBroken
from bff.run import running
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.runner import Runner
from microfrontends.settlement.run.states import RunKind, RunState
from microfrontends.settlement.tests.bench import NAMES
from microfrontends.settlement.tests.first_morning import HASTY, Copy, Empty, copy_of, empty, put_back
from microfrontends.settlement.tests.stage import BROKEN, SOMEBODY, Tapped

UNIT = Decimal("0.0001")
MANY = 5
ACCOUNTS = """
    SELECT p.name, c.currencyId, t.name, o.value, o.participantPositionId FROM participantPosition o
    JOIN participantCurrency c USING (participantCurrencyId) JOIN participant p USING (participantId)
    JOIN ledgerAccountType t USING (ledgerAccountTypeId)
"""
LAST_CHANGES = """
    SELECT participantPositionId, value FROM participantPositionChange WHERE participantPositionChangeId IN
    (SELECT max(participantPositionChangeId) FROM participantPositionChange GROUP BY participantPositionId)
"""
FUNDS = """
    SELECT p.transferId, c.currencyId, p.amount, (SELECT s.transferStateId FROM transferStateChange s
        WHERE s.transferId = p.transferId ORDER BY s.transferStateChangeId DESC LIMIT 1), p.participantCurrencyId
    FROM transferParticipant p JOIN participantCurrency c USING (participantCurrencyId)
    WHERE p.ledgerEntryTypeId IN (9, 10) AND p.transferParticipantRoleTypeId = 4
"""
NETS = """
    SELECT n.settlementId, c.currencyId, n.netAmount, s.settlementStateId FROM settlementParticipantCurrency n
    JOIN participantCurrency c USING (participantCurrencyId) JOIN settlementParticipantCurrencyStateChange s
    ON s.settlementParticipantCurrencyStateChangeId = n.currentStateChangeId
"""
PAYMENT = st.tuples(
    st.sampled_from(["USD", "XOF"]),
    st.permutations(NAMES),
    st.integers(1, 900_000_000),
    st.sampled_from(["commit", "commit", "commit", "abort"]),
)
COMMITTED = ("PS_TRANSFERS_COMMITTED", "SETTLED")


class Killed(BaseException):
    """The worker is gone."""


class Day(RuleBasedStateMachine):
    """A hub's days. The stage is shared, and put back for each of them."""

    stage: Empty
    first: tuple[Copy, Copy]
    seen: Counter[str]

    @initialize()
    def begin(self) -> None:
        """A hub on its first morning."""
        self.stage.scene.mend()
        self.stage.scene.until_applied()
        for copy, name in zip(self.first, ("hub", "app"), strict=True):
            put_back(copy, self.stage.folder / f"{name}.sqlite")

    @rule(payments=st.lists(PAYMENT, min_size=2, max_size=6), closes=st.booleans())
    def trade(self, payments: list[tuple[str, list[str], int, str]], closes: bool) -> None:
        """Some pay others, in the end or not; then the window may be closed, unless nothing is in it."""
        for currency, names, units, answer in payments:
            amount = f"{(units * UNIT).normalize():f}"
            between = {"payerFsp": names[0], "payeeFsp": names[1], "amount": amount, "currency": currency}
            self.stage.scene.send("/transfers", {**between, "outcome": answer})
        if closes:
            self._close()

    @rule(nth=st.integers(1, 4), fault=st.sampled_from([*BROKEN, "killed", "none"]))
    def settle(self, nth: int, fault: str) -> None:
        """What is closed is settled, whatever breaks meanwhile."""
        bench = self.stage.bench
        self._close()
        free = {each.window_id for each in self._contents() if each.settlement_id is None}
        if free:
            with contextlib.suppress(RuleBroken):
                asked = bench.ask("settle", model="DEFERREDNET", windows=" ".join(map(str, sorted(free))))
                self._work(bench.run(asked.id), nth, fault)

    @rule(nth=st.integers(1, 20), fault=st.sampled_from([*BROKEN, "killed", "none"]), data=st.data())
    def finalise(self, nth: int, fault: str, data: st.DataObject) -> None:
        """One of the settlements is finalised, or its run goes on, whatever breaks meanwhile."""
        bench = self.stage.bench
        opened = {run.settlement_id: run for run in bench.desk.runs.opened()}
        waiting = sorted({row[0] for row in self._ask(NETS) if row[3] != "SETTLED"})
        if not waiting:
            return
        number = data.draw(st.sampled_from(waiting))
        run = opened.get(number)
        if run is None:
            with contextlib.suppress(RuleBroken):
                self._work(bench.finalise(number), nth, fault)
        else:
            self._go_on(run, nth, fault)

    @rule(name=st.sampled_from(NAMES), units=st.integers(1, 10_000), key=st.uuids(version=4))
    def deposit(self, name: str, units: int, key: Any) -> None:
        """Somebody pays money in, beside everything else."""
        held = {(each.kind, each.currency): each.account_id for each in self.stage.scene.hub.accounts(name)}
        order = {"transferId": str(key), "externalReference": "bank", "action": "recordFundsIn", "reason": "deposit"}
        amount = {"amount": f"{(units * UNIT).normalize():f}", "currency": "USD"}
        path = f"/participants/{name}/accounts/{held['SETTLEMENT', 'USD']}"
        self.stage.scene.send(path, {**order, "amount": amount})
        self.stage.scene.until_applied()

    @invariant()
    def every_position_is_what_its_history_says(self) -> None:
        """The balance of each account is the last that was written down for it."""
        last = dict(self._ask(LAST_CHANGES))
        for *_, value, position in self._ask(ACCOUNTS):
            assert exact(last.get(position, 0)) == exact(value)

    @invariant()
    def positions_and_the_hubs_own_add_up_to_nothing(self) -> None:
        """Nothing is in flight when we look."""
        sums = self._sums("POSITION", "HUB_MULTILATERAL_SETTLEMENT")
        assert all(total == 0 for total in sums.values()), sums

    @invariant()
    def what_the_hub_holds_is_what_lies_in_the_liquidity_accounts(self) -> None:
        """But for what is reserved to go out."""
        reserved: dict[str, Decimal] = defaultdict(Decimal)
        for _, currency, amount, state, _ in self._ask(FUNDS):
            if state == "RESERVED":
                reserved[currency] += abs(exact(amount))
        sums = self._sums("SETTLEMENT", "HUB_RECONCILIATION")
        assert {key: total for key, total in sums.items() if total} == dict(reserved), (sums, reserved)

    @invariant()
    def net_amounts_of_each_settlement_add_up_to_nothing(self) -> None:
        """And once all are committed, the hub's own account between them is empty."""
        sums: dict[Any, Decimal] = defaultdict(Decimal)
        rows = self._ask(NETS)
        for number, currency, net, _ in rows:
            sums[number, currency] += exact(net)
        assert not any(sums.values()), sums
        if all(state in COMMITTED for *_, state in rows):
            assert not any(self._sums("HUB_MULTILATERAL_SETTLEMENT").values())

    @invariant()
    def no_funds_have_moved_twice(self) -> None:
        """Of the transfers of a settlement's account one moved, at most, and each of them is the run's."""
        moved = Counter(key for key, _, _, state, _ in self._ask(FUNDS) if state in ("COMMITTED", "RESERVED"))
        assert set(moved.values()) <= {1}
        for run in self._finalisations():
            steps = [each for each in self.stage.bench.desk.runs.steps(run.id) if each.transfer_id]
            accounts = Counter(each.account_id for each in steps if each.kind.name != "COMMIT_FUNDS_OUT")
            assert set(accounts.values()) <= {1}

    def teardown(self) -> None:
        """In the end everything that was begun is brought to its end, and nothing is left in between."""
        self.stage.scene.mend()
        for _ in range(3):
            for run in self.stage.bench.desk.runs.opened():
                self._go_on(run, 0, "none")
        for run in self.stage.bench.desk.runs.opened():
            # Only where a participant owes more than it has.
            assert any("have to go out" in each.problem for each in self.stage.bench.desk.runs.steps(run.id)), run
        self.what_the_hub_holds_is_what_lies_in_the_liquidity_accounts()
        self.net_amounts_of_each_settlement_add_up_to_nothing()

    def _close(self) -> None:
        (window,) = self.stage.scene.hub.open_windows()
        with running(SOMEBODY), contextlib.suppress(HubRefused):
            self.stage.scene.hub.close(window.id, "end of day")
            self.stage.scene.until_closed(window.id)

    def _go_on(self, run: SettlementRun, nth: int, fault: str) -> None:
        bench = self.stage.bench
        if run.state is RunState.STOPPED:
            bench.ask("resume", run_id=run.id)
        bench.come_back(run)
        self._work(bench.run(run.id), nth, fault)

    def _work(self, run: SettlementRun, nth: int, fault: str) -> None:
        """Work at a run while the nth write breaks."""
        scene, bench, left = self.stage.scene, self.stage.bench, [nth]

        def count() -> None:
            left[0] -= 1
            if left[0] == 0 and fault == "killed":
                raise Killed
            if left[0] == 0 and fault in BROKEN:
                for method in ("POST", "PUT"):
                    scene.break_(method=method, **BROKEN[fault])  # type: ignore[arg-type]

        runner = Runner(bench.desk.runs, bench.changes.execution, Tapped(scene.hub, count), f"w{nth}{fault}", HASTY)
        with contextlib.suppress(Killed), bench.app.app_context():
            runner.work_at(run.id)
        state = bench.run(run.id).state
        self.seen[f"{run.kind} {state}"] += 1
        self.seen["faults"] += left[0] <= 0 and fault != "none"
        scene.mend()
        scene.until_applied()

    def _finalisations(self) -> list[SettlementRun]:
        numbers = {row[0] for row in self._ask(NETS)}
        runs = [run for number in numbers for run in self.stage.bench.desk.runs.of_settlement(number)]
        return [run for run in runs if run.kind is RunKind.FINALISE]

    def _contents(self) -> Any:
        scene = self.stage.scene
        windows = [row[0] for row in self._ask("SELECT settlementWindowId FROM settlementWindow")]
        return scene.hub.window_contents(windows)

    def _sums(self, *kinds: str) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for _, currency, kind, value, _ in self._ask(ACCOUNTS):
            found[currency] += exact(value) if kind in kinds else 0
        return dict(found)

    def _ask(self, question: str) -> list[Any]:
        with closing(sqlite3.connect(self.stage.folder / "hub.sqlite")) as hub:
            return hub.execute(question).fetchall()


def exact(value: Any) -> Decimal:
    """To the last digit that the hub keeps."""
    return Decimal(str(value)).quantize(UNIT)


@pytest.mark.timeout(240)
def test_the_books_balance_whatever_happens(tmp_path: Path) -> None:
    with empty(tmp_path) as stage:
        stage.scene.until_applied()

        class Here(Day):
            pass

        Here.stage, Here.seen = stage, Counter()
        Here.first = (copy_of(tmp_path / "hub.sqlite"), copy_of(tmp_path / "app.sqlite"))
        kept = settings(
            max_examples=15,
            stateful_step_count=20,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Here, settings=kept)
        # Not much has been tried where little of it came about.
        assert Here.seen["faults"] >= MANY
        assert Here.seen["FINALISE DONE"] >= MANY
