"""What the actions on settlements have in common."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from flask import url_for

from bff import Action, Command
from bff.run import Run
from microfrontends.settlement.desk import Desk
from microfrontends.settlement.domain.reason import reason_for
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.run.store import key_of

LONGEST_REFERENCE = 50  # of an account in a settlement, at the hub


class SettlementAction(Action):
    """An action on one settlement: one at a time is open on it."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk

    def target(self, command: Command) -> str:
        """The settlement."""
        return key_of(command["settlement_id"])

    def back(self, command: Command) -> str:
        """The settlement's page."""
        return url_for("settlements.show", settlement_id=command["settlement_id"])


def reason_of(run: Run, unsaid: str) -> str:
    """The reason as the hub keeps it: why, or what, and who asked for it and let it through."""
    checked = [person.username for person in run.approvers]
    return reason_for(run.reason or unsaid, [run.maker.username, *checked])


def digest(told: Any) -> str:
    """A short sign of a value: another one says that the value is another."""
    return sha256(dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()[:16]


def moving(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts by currency that are not nothing."""
    return {currency: amount for currency, amount in sorted(amounts.items()) if amount}


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else asdict(value)
