"""Settlements at the hub's settlement API: each address tells another part of the truth, and a 200 may be a refusal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bff import HubClient, HubRefused, HubUnavailable
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.hub.protocol import AccountAnswer
from microfrontends.settlement.hub.told import Patience, listed, moment, money, together, understood, utc
from microfrontends.settlement.hub_figures import FiguresUnavailable, HubFigures

UNKNOWN = "Generic validation error - Settlement with ID"
LONGEST_REFERENCE = 50
REMEMBERED = 200  # settlements that are over
Names = Callable[[set[int]], Mapping[int, str]]


class HubSettlements:
    """The settlements. `names` says whose the accounts of these numbers are; the API itself knows people by numbers."""

    def __init__(self, settlement_url: str, names: Names, figures: HubFigures, patience: Patience) -> None:
        self._reading = HubClient(settlement_url, deadline_s=patience.read, read_tries=2)
        self._writing = HubClient(settlement_url, deadline_s=patience.settle)
        self._names, self._figures = names, figures
        self._models: dict[int, str] = {}
        self._over: dict[int, Settlement] = {}

    def settlements(self, period: Period, state: SettlementState | None = None) -> tuple[Settlement, ...]:
        """The list tells its windows' dates and reasons as the settlements', so each one is asked for by its number;
        those that are over only once."""
        query = {"fromDateTime": utc(period.first), "toDateTime": utc(period.last)}
        query |= {} if state is None else {"state": state.value}
        told = listed(lambda: self._reading.get("/settlements", query), "settlements")
        numbers = understood(lambda: sorted({int(each["id"]) for each in told}, reverse=True), "a list of settlements")
        self._learn_models(numbers)
        found = together(lambda number: self._over.get(number) or self._ask(number), numbers)
        return tuple(each for each in found if each is not None and state in (None, each.state))

    def settlement(self, settlement_id: int) -> Settlement | None:
        """One settlement."""
        self._learn_models([settlement_id])
        return self._ask(settlement_id)

    def create_settlement(self, model: str, windows: Sequence[int], reason: str) -> Settlement:
        """Settle windows."""
        body = {"settlementModel": model, "reason": reason, "settlementWindows": [{"id": each} for each in windows]}
        told = self._writing.write("POST", "/settlements", body)
        try:
            self._models |= understood(lambda: {int(told["id"]): model}, "a settlement")
            return understood(lambda: self._read(told), "a settlement")
        except (HubRefused, HubUnavailable) as problem:
            # It is there; only the answer, or the names for it, could not be read.
            raise HubUnavailable(f"the hub's answer to a new settlement: {problem}", sent=True) from problem

    def advance(
        self,
        settlement_id: int,
        accounts: Sequence[SettlementAccount],
        to: SettlementState,
        reason: str,
        reference: str = "",
    ) -> tuple[AccountAnswer, ...]:
        """Move accounts on. An account that the answer leaves out makes the whole answer worth nothing."""
        if len(reference) > LONGEST_REFERENCE:
            raise ValueError(f"a reference has at most {LONGEST_REFERENCE} characters: {reference}")
        if not accounts:
            return ()
        wish = {"state": to.value, "reason": reason} | ({"externalReference": reference} if reference else {})
        people: dict[int, list[dict[str, Any]]] = {}
        for each in accounts:
            people.setdefault(each.participant_id, []).append({"id": each.account_id, **wish})
        asked = {"participants": [{"id": person, "accounts": held} for person, held in people.items()]}
        told = self._writing.write("PUT", f"/settlements/{settlement_id}", asked)
        answers = understood(lambda: _answers(told), "an answer about accounts", sent=True)
        if missing := [each.account_id for each in accounts if (each.participant_id, each.account_id) not in answers]:
            raise HubUnavailable(f"the hub did not say what became of the accounts {missing}", sent=True)
        return tuple(answers[each.participant_id, each.account_id] for each in accounts)

    def abort(self, settlement_id: int, reason: str) -> None:
        """Ask for an abort."""
        body = {"state": SettlementState.ABORTED.value, "reason": reason}
        self._writing.write("PUT", f"/settlements/{settlement_id}", body)

    def _ask(self, settlement_id: int) -> Settlement | None:
        try:
            told = self._reading.get(f"/settlements/{settlement_id}")
        except HubRefused as refusal:
            if refusal.description.startswith(UNKNOWN):
                return None
            raise
        found = understood(lambda: self._read(told), "a settlement")
        if found.state.over:
            self._over[settlement_id] = found
            for oldest in list(self._over)[:-REMEMBERED]:
                self._over.pop(oldest, None)
        return found

    def _learn_models(self, numbers: Sequence[int]) -> None:
        """Which model made a settlement only its creation tells, and the database; without both it stays unknown."""
        if unknown := [each for each in numbers if each not in self._models]:
            try:
                self._models |= self._figures.models_of(unknown)
            except FiguresUnavailable:
                return

    def _read(self, told: Any) -> Settlement:
        held = [(int(person["id"]), account) for person in told["participants"] for account in person["accounts"]]
        names = self._names({int(account["id"]) for _, account in held})
        return Settlement(
            id=int(told["id"]),
            model=self._models.get(int(told["id"])),
            state=SettlementState(told["state"]),
            reason=str(told.get("reason") or ""),
            created=moment(told["createdDate"]),
            changed=moment(told.get("changedDate") or told["createdDate"]),
            windows=tuple(sorted(int(window["id"]) for window in told["settlementWindows"])),
            accounts=tuple(_account(person, account, names) for person, account in held),
        )


def _account(person: int, told: Any, names: Mapping[int, str]) -> SettlementAccount:
    net = told["netSettlementAmount"]
    return SettlementAccount(
        participant_id=person,
        participant=names[int(told["id"])],
        account_id=int(told["id"]),
        currency=str(net["currency"]),
        net=money(net["amount"]),
        state=SettlementState(told["state"]),
        reason=str(told.get("reason") or ""),
    )


def _answers(told: Any) -> dict[tuple[int, int], AccountAnswer]:
    """What became of each account: the hub answers 200 even when it refused every one of them."""
    held = [(int(person["id"]), account) for person in told["participants"] for account in person["accounts"]]
    return {(person, int(account["id"])): _answer(account) for person, account in held}


def _answer(told: Any) -> AccountAnswer:
    error = told.get("errorInformation")
    refusal = HubRefused(str(error["errorCode"]), str(error["errorDescription"]), 200) if error else None
    return AccountAnswer(int(told["id"]), SettlementState(told["state"]) if "state" in told else None, refusal)
