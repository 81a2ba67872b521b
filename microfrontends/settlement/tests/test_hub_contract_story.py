"""The recorded day of a real hub, played through this app's own hub on both hubs: every figure, to the last digit."""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import sandbox
from bff.run import Person, Run, running
from microfrontends.settlement.domain.ledger import Cap, LedgerAccount
from microfrontends.settlement.domain.settlements import Settlement, SettlementState
from microfrontends.settlement.hub import FundsOrder
from microfrontends.settlement.tests.scene import AROUND_NOW, Scene, scene_of

STORY = Path(sandbox.__file__).parent / "tests" / "story" / "golden.jsonl"
ACCOUNT = re.compile(r"/participants/(\w+)/accounts/(\d+)")


class Story:
    """The story on its way through a hub; each recorded request is made the way in which this app makes it."""

    def __init__(self, scene: Scene, lines: list[dict[str, Any]]) -> None:
        self.scene, self.hub, self.lines = scene, scene.hub, lines
        self.looked = 0
        # A recorded account's number says whose it was, of which kind and currency.
        self.meant = {
            account["id"]: name.split("/") for line in lines for name, account in line.get("accounts", {}).items()
        }

    def play(self) -> None:
        """Play all of it."""
        tell: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
            r"POST /participants/\w+/initialPositionAndLimits": self.join,
            r"POST /participants/\w+/accounts/\d+": self.move_funds,
            r"PUT /participants/\w+/accounts/\d+/transfers/\w+": self.commit_funds,
            r"PUT /participants/\w+/accounts/\d+": self.use_account,
            r"PUT /participants/\w+/limits": self.cap,
            r"POST /transfers": self.transfer,
            r"POST /v2/settlementWindows/\d+": self.close,
            r"POST /v2/settlements": self.settle,
            r"PUT /v2/settlements/\d+": self.advance_all,
            r"PUT /v2/settlements/\d+/participants/\d+/accounts/\d+": self.advance_one,
        }
        for line in self.lines:
            if "see" in line:
                self.look(line)
                continue
            for pattern, step in tell.items():
                if re.fullmatch(pattern, line["do"]):
                    step(line, line["send"])

    def join(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """A participant with its cap. What it begins with is paid in by the story itself."""
        name = line["do"].split("/")[2]
        self.scene.join(name, send["currency"], cap=str(send["limit"]["value"]), liquidity="0")

    def move_funds(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """Funds in, or out reserved; then the hub is given its time."""
        account = self.account(line)
        order = FundsOrder(
            participant=account.participant,
            account_id=account.account_id,
            amount=Decimal(send["amount"]["amount"]),
            currency=send["amount"]["currency"],
            transfer_id=send["transferId"],
            reference=send["externalReference"],
            reason=send["reason"],
        )
        (self.hub.funds_in if send["action"] == "recordFundsIn" else self.hub.funds_out_reserve)(order)
        self.scene.until_applied()

    def commit_funds(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """What was reserved leaves."""
        account = self.account(line)
        transfer_id = line["do"].rsplit("/", 1)[1]
        self.hub.funds_out_commit(account.participant, account.account_id, transfer_id, send["reason"])
        self.scene.until_applied()

    def use_account(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """An account is closed to use, or opened."""
        account = self.account(line)
        self.hub.set_account_active(account.participant, account.account_id, send["isActive"])

    def cap(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """Another cap."""
        name, limit = line["do"].split("/")[2], send["limit"]
        self.hub.set_cap(Cap(name, send["currency"], Decimal(limit["value"]), Decimal(limit["alarmPercentage"])))

    def transfer(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """A transfer of the scheme; the refused ones leave no figure behind."""
        answers = {"COMMITTED": "commit", "ABORTED_ERROR": "abort", "RESERVED": "reserve"}
        if line["answer"]["state"] in answers:
            between = (send["payerFsp"], send["payeeFsp"])
            self.scene.transfer(send["amount"], send["currency"], *between, answers[line["answer"]["state"]])

    def close(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """A window is closed and added up."""
        number = int(line["do"].rsplit("/", 1)[1])
        self.hub.close(number, send["reason"])
        self.scene.until_closed(number)

    def settle(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """A settlement, with the net amounts that the real hub came to."""
        windows = [each["id"] for each in send["settlementWindows"]]
        made = self.hub.create_settlement(send["settlementModel"], windows, send["reason"])
        assert made.id == line["answer"]["id"]
        assert self.nets(made) == self.recorded_nets(line["answer"])

    def advance_all(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """Every account moves on, and the settlement with it."""
        state = SettlementState(send["participants"][0]["accounts"][0]["state"])
        number = int(line["do"].rsplit("/", 1)[1])
        answers = self.hub.advance(number, self.settlement(number).accounts, state, "next")
        assert {(each.state, each.refusal) for each in answers} == {(state, None)}
        assert self.settlement(number).state == line["answer"]["state"]

    def advance_one(self, line: dict[str, Any], send: dict[str, Any]) -> None:
        """One account moves on; the settlement, when it was the last."""
        number, wanted = int(line["do"].split("/")[3]), self.meant[int(line["do"].rsplit("/", 1)[1])]
        accounts = [each for each in self.settlement(number).accounts if each.participant == wanted[0]]
        reference = send.get("externalReference", "")
        (answer,) = self.hub.advance(number, accounts, SettlementState(send["state"]), send["reason"], reference)
        assert (answer.state, answer.refusal) == (send["state"], None)
        assert self.settlement(number).state == line["answer"]["state"]

    def look(self, line: dict[str, Any]) -> None:
        """Every account and every cap as they stood on the real hub."""
        self.looked += 1
        names = {name.split("/")[0] for name in line["accounts"]}
        for told in ([each for name in names for each in self.hub.accounts(name)], self.hub.ledger()):
            here = {f"{each.participant}/{each.kind}/{each.currency}": each for each in told}
            assert {name: figures(each) for name, each in here.items()} == {
                name: tuple(Decimal(str(account[part])) for part in ("value", "reserved", "active"))
                for name, account in line["accounts"].items()
            }, line["see"]
        assert {f"{each.participant}/{each.currency}": (each.value, each.alarm) for each in self.hub.caps()} == {
            name: (Decimal(str(limit["value"])), Decimal(str(limit["alarm"]))) for name, limit in line["limits"].items()
        }, line["see"]

    def account(self, line: dict[str, Any]) -> LedgerAccount:
        """The account that a recorded request is for."""
        found = ACCOUNT.search(line["do"])
        assert found is not None
        name, kind, currency = self.meant[int(found[2])]
        return next(each for each in self.hub.accounts(name) if (each.kind, each.currency) == (kind, currency))

    def settlement(self, number: int) -> Settlement:
        """A settlement as it stands."""
        found = self.hub.settlement(number)
        assert found is not None
        return found

    def nets(self, made: Settlement) -> dict[str, Decimal]:
        """Who owes what."""
        return {f"{each.participant}/POSITION/{each.currency}": each.net for each in made.accounts}

    def recorded_nets(self, answer: dict[str, Any]) -> dict[str, Decimal]:
        """Who owed what on the real hub."""
        return {
            "/".join(self.meant[account["id"]]): Decimal(str(account["netSettlementAmount"]["amount"]))
            for person in answer["participants"]
            for account in person["accounts"]
        }


def figures(account: LedgerAccount) -> tuple[Decimal, Decimal, Decimal]:
    """What a look at an account sees."""
    return account.value, account.reserved, Decimal(account.active)


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.mark.parametrize("kind", ["memory", "sandbox"])
def test_two_currencies_are_settled_with_every_figure_that_the_real_hub_had(kind: str, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in STORY.read_text("utf-8").splitlines()]
    with scene_of(kind, tmp_path) as scene:
        story = Story(scene, lines)
        story.play()
        settlements = scene.hub.settlements(AROUND_NOW)
    assert story.looked == sum("see" in line for line in lines) == 20
    assert [(each.id, each.model, each.state) for each in settlements] == [
        (2, "DEFERREDNETXOF", SettlementState.SETTLED),
        (1, "DEFERREDNETUSD", SettlementState.SETTLED),
    ]
    totals = [{currency: str(amount) for currency, amount in each.totals.items()} for each in settlements]
    assert totals == [{"XOF": "184734.0000"}, {"USD": "797.3600"}]
