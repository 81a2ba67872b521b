"""Settling closed windows by a settlement model: made, recorded and reserved by a run, after a look at what it does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from marshmallow import ValidationError, fields

from bff import Command, CommandSchema, Effect, Fact, Found, HubUnavailable, Input, RuleBroken, Run, Told
from microfrontends.settlement.actions.settling import SettlementAction, digest, moving, reason_of
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.preview import Preview, preview
from microfrontends.settlement.domain.settlements import Offer, SettlementState, offered
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub import window_of
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.records import NewRun, Step
from microfrontends.settlement.run.states import RunKind, StepKind

LOOKS_BACK = timedelta(days=31)  # for windows that are not settled yet
UNSETTLED = (WindowState.OPEN, WindowState.PROCESSING, WindowState.CLOSED)


class Numbers(fields.Field[tuple[int, ...]]):
    """Numbers of windows: a list, or as a text `41 42`."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[int]:
        return list(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, ...]:
        given = value.replace(",", " ").split() if isinstance(value, str) else value
        try:
            found = tuple(sorted({int(each) for each in given}))
        except (TypeError, ValueError):
            raise ValidationError("Not a list of whole numbers.") from None
        if not found:
            raise ValidationError("Choose at least one window.")
        return found


class SettleSchema(CommandSchema):
    """Which windows, and by which model."""

    model = fields.String(required=True)
    windows = Numbers(required=True, metadata={"type": "array", "items": {"type": "integer"}})


@dataclass(frozen=True)
class Outlook:
    """What settling would do: the offer that it takes up, and what it leaves."""

    offer: Offer
    preview: Preview
    windows: tuple[int, ...]
    aggregating: tuple[int, ...]


class Settle(SettlementAction):
    """Settle closed windows: the hub makes the settlement, records and reserves it."""

    name = "settle"
    title = _l("Settle closed windows")
    permission = P.FINALISE
    rule = "/settlements/settle"
    schema = SettleSchema
    labels = {"windows": _l("Windows"), "settlement": _l("Settlement")}
    inputs = (
        Input("windows", _l("Closed windows"), hint=_l("Their numbers, as in 41 42.")),
        Input("model", _l("Settlement model"), "select"),
    )
    details = "settlements/_preview.html"
    consequence = _l(
        "The hub makes a settlement of these windows, records and reserves it: net recipients' positions go back at "
        "once. No funds move before it is finalised."
    )
    repeatable = True

    def target(self, command: Command) -> str:
        """One settlement by a model is made at a time: two at once end in a deadlock at the hub."""
        return f"settle:{command['model']}"

    def sentence(self, command: Command, told: Told) -> str:
        """Which windows, by which model."""
        return ngettext(
            "Settle window %(ids)s by %(model)s.",
            "Settle windows %(ids)s by %(model)s.",
            len(command["windows"]),
            ids=_listed(command["windows"]),
            model=command["model"],
        )

    def verb(self, command: Command, told: Told) -> str:
        """Which windows."""
        windows = command["windows"]
        return ngettext("Settle window %(ids)s", "Settle windows %(ids)s", len(windows), ids=_listed(windows))

    def choices(self, raw: Mapping[str, str]) -> Mapping[str, tuple[tuple[str, Any], ...]]:
        """The models that have something to settle in the windows that were chosen, else all that are active."""
        models = self.hub.settlement_models()
        try:
            windows = Numbers().deserialize(raw.get("windows", ""))
        except ValidationError:
            return {"model": tuple((each.name, each.name) for each in models if each.active)}
        offers = offered(self.hub.window_contents(windows), models)
        return {"model": tuple((each.model.name, _label(each)) for each in offers)}

    def effect(self, command: Command) -> Effect:
        """Who pays and who is paid, and who would stand above cap or cover in what remains. Raises RuleBroken."""
        outlook = self._outlook(command)
        nets = [(line.participant, line.currency, line.net) for line in outlook.preview.lines]
        states = SettlementState.PS_TRANSFERS_RESERVED
        return Effect(
            changes=(
                Fact("windows", WindowState.CLOSED, WindowState.PENDING_SETTLEMENT, kind="state"),
                Fact("settlement", "", states, kind="state"),
            ),
            basis={"nets": digest(nets)},
            amounts=moving(outlook.preview.totals),
            warnings=tuple(_warnings(outlook)),
            shown={"outlook": outlook, "preview": outlook.preview},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """The sums are zero, and nobody is making a settlement by this model."""
        off = moving(effect.shown["preview"].sums)
        if off:
            sums = ", ".join(f"{amount} {currency}" for currency, amount in off.items())
            raise RuleBroken(_("The net amounts do not add up to zero: %(sums)s.", sums=sums))
        self.desk.refuse_second(self.target(command))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Start the run."""
        windows = list(command["windows"])
        plan = {
            "model": command["model"],
            "windows": windows,
            "reason": reason_of(run, "Settled by hand"),
            "reference": "",
        }
        started = self.desk.start(
            NewRun(
                task=run.task,
                kind=RunKind.INITIATE,
                open_key=self.target(command),
                settlement_id=None,
                plan=plan,
                by=run.maker,
                steps=(Step(position=0, kind=StepKind.CREATE),),
            )
        )
        return {"run": started.id}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether the run was started."""
        return Found.DONE if self.desk.runs.find(run.task) else Found.ABSENT

    def back(self, command: Command) -> str:
        """The list of settlements, where it appears."""
        return url_for("settlements.index")

    def _outlook(self, command: Command) -> Outlook:
        windows = [window_of(self.hub, number) for number in command["windows"]]
        busy = tuple(each.id for each in windows if each.state is WindowState.PROCESSING)
        offer = self._offer(command, busy)
        try:
            held = self.hub.positions([*command["windows"], *self._others(command["windows"])])
        except FiguresUnavailable as problem:
            raise HubUnavailable("the hub's database does not answer") from problem
        settled, others = list[NetPosition](), list[NetPosition]()
        for number, positions in held.items():
            for each in positions:
                mine = number in command["windows"] and each.currency in offer.currencies
                (settled if mine else others).append(each)
        resets = offer.model.auto_position_reset
        found = preview(settled, self.hub.ledger(), self.hub.caps(), others, resets=resets)
        return Outlook(offer, found, command["windows"], busy)

    def _offer(self, command: Command, busy: tuple[int, ...]) -> Offer:
        """What the model finds in the windows. Raises RuleBroken where it finds nothing in one of them."""
        model = next((each for each in self.hub.settlement_models() if each.name == command["model"]), None)
        if model is None or not model.active:
            raise RuleBroken(_("The hub has no active settlement model %(name)s.", name=command["model"][:30]))
        offers = offered(self.hub.window_contents(command["windows"]), self.hub.settlement_models())
        found = next((each for each in offers if each.model.name == model.name), None) or Offer(model, (), ())
        without = [number for number in command["windows"] if number not in (*found.windows, *busy)]
        if without:
            told = {"ids": _listed(without), "model": model.name}
            raise RuleBroken(_("Window %(ids)s holds nothing that %(model)s could settle now.", **told))
        return replace(found, currencies=found.currencies or self._currencies(model.currency, busy))

    def _currencies(self, currency: str | None, busy: Iterable[int]) -> tuple[str, ...]:
        """What a model will find in windows that are still being added up."""
        if currency:
            return (currency,)
        return tuple(sorted({name for names in self.hub.currencies(busy).values() for name in names}))

    def _others(self, chosen: Iterable[int]) -> list[int]:
        """The windows that are not settled and stay so."""
        now = datetime.now(UTC)
        recent = self.hub.windows(Period(now - LOOKS_BACK, now))
        every = {each.id for each in (*self.hub.open_windows(), *recent) if each.state in UNSETTLED}
        return sorted(every - set(chosen))


def _warnings(outlook: Outlook) -> Iterable[str]:
    if outlook.aggregating:
        ids = _listed(outlook.aggregating)
        yield _("The hub is still adding up window %(ids)s. Settling waits for it.", ids=ids)
    for line in outlook.preview.at_risk:
        told = {"name": line.participant, "currency": line.currency}
        if line.over_cap:
            yield _("%(name)s will stand above its net debit cap in %(currency)s.", **told)
        if line.over_cover:
            yield _("%(name)s will stand above its liquidity in %(currency)s.", **told)


def _label(offer: Offer) -> str:
    return f"{offer.model.name} ({', '.join(offer.currencies)})"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
