"""A garden with gates: the smallest app whose changes may need a second pair of eyes. Its gates are a real database."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Blueprint, Flask, render_template_string
from marshmallow import fields, validate

import bff
from bff.access.rights import Access
from bff.change.actions import Action, Command, CommandSchema, Effect, Fact, Found, Input, Told
from bff.change.approvals import Changes
from bff.database import engine_for
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.run import Run, present_run
from bff.settings import Settings
from bff.testing import settings_for

ROLES = """
kind: MojaloopRole
metadata: {name: gardener}
spec: {role: gardener, title: Gardener, permissions: ["garden:gate:view", "garden:gate:shut"]}
---
kind: MojaloopRole
metadata: {name: warden}
spec: {role: warden, title: Warden, permissions: ["garden:gate:view", "garden:gate:approve"]}
---
kind: MojaloopRole
metadata: {name: both}
spec: {role: both, title: Both, permissions: ["garden:gate:view", "garden:gate:shut", "garden:gate:approve"]}
"""
POLICY = """
kind: MojaloopApprovalPolicy
metadata: {name: garden}
spec:
  rules:
    - {action: garden.shut_gate, approvals: 1, checker: "garden:gate:approve", expires: 2h}
    - {action: garden.shut_gate_by_key, approvals: 1, checker: "garden:gate:approve", expires: 2h}
"""


class G(bff.PermissionBase):
    """What may be done with gates."""

    VIEW = "garden:gate:view", "See the garden gates"
    SHUT = "garden:gate:shut", "Shut a garden gate"
    APPROVE = "garden:gate:approve", "Approve the shutting of a gate"


metadata = sa.MetaData()
gate = sa.Table(
    "gate",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("shuts", sa.Integer, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
)
sending = sa.Table("sending", metadata, sa.Column("number", sa.Integer), sa.Column("key", sa.String(64)))


class Gates:
    """The gates, each shut under a key: the same key shuts once, however often it is sent.

    `fault` breaks it: away (answers nothing), before or after (the answer to a shut is lost, before or after it was
    done), unsent, refused, broken. `heavier` is what gates have put on since
    it was asked for. `at` is called at each step: for tests that end there.
    """

    def __init__(self, url: str) -> None:
        self.engine, self.fault, self.heavier = engine_for(url), "", 0
        self.at: Callable[[str], None] = lambda step: None
        metadata.create_all(self.engine)

    @property
    def sendings(self) -> list[str]:
        """The key of every shut that was ever sent, also of those that came to nothing."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(sending.c.key)).scalars())

    @property
    def sent(self) -> int:
        """How many those are."""
        return len(self.sendings)

    def forget(self) -> None:
        """Begin to count anew."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(sending))

    def put(self, number: int, state: str = "OPEN") -> None:
        """Have a gate in a state, as if it had never been touched."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(gate).where(gate.c.number == number))
            connection.execute(sa.insert(gate).values(number=number, state=state, shuts=0, key=""))

    def look(self, number: int) -> tuple[str, int]:
        """The state of a gate and how often it was shut. Raises Missing."""
        if self.fault == "away":
            raise HubUnavailable("no answer")
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(gate.c.state, gate.c.shuts).where(gate.c.number == number)).first()
        if row is None:
            raise Missing(f"There is no gate {number}.")
        return row[0], row[1]

    def shut(self, number: int, key: str) -> None:
        """Shut a gate, once for each key."""
        run = present_run()
        if self.fault in ("away", "unsent"):
            raise HubUnavailable("no way there")
        self.at("before the hub")
        with self.engine.begin() as connection:
            connection.execute(sa.insert(sending).values(number=number, key=key))
        if self.fault == "refused":
            raise HubRefused("3100", "The gate is <stuck>")
        if self.fault == "broken":
            raise ZeroDivisionError
        if self.fault == "before":
            raise HubUnavailable("lost on its way", sent=True)
        column = gate.c
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(gate)
                .where(column.number == number, column.key != key)
                .values(state="SHUT", shuts=column.shuts + 1, key=key)
            )
        self.at("after the hub")
        if self.fault == "after":
            raise HubUnavailable("the answer was lost", sent=True)
        run.done.append(f"shut {number}")


class ShutSchema(CommandSchema):
    """Which gate, and how heavy the lock."""

    number = fields.Integer(required=True, validate=validate.Range(min=1))
    weight = fields.Decimal(load_default=Decimal(1), as_string=True)


class ShutGate(Action):
    """Shut a gate."""

    name = "shut_gate"
    title = "Shut a gate"
    permission = G.SHUT
    rule = "/gates/<int:number>/shut"
    schema: ClassVar[type[CommandSchema]] = ShutSchema
    labels = {"state": "State"}
    inputs = (Input("weight", "Weight", "number", required=False),)

    def __init__(self, gates: Gates) -> None:
        self.gates = gates

    def target(self, command: Command) -> str:
        return f"gate:{command['number']}"

    def sentence(self, command: Command, told: Told) -> str:
        return f"Shut gate {command['number']}, {told.get('name', '?')}."

    def verb(self, command: Command, told: Told) -> str:
        return f"Shut gate {command['number']}"

    def effect(self, command: Command) -> Effect:
        state, _ = self.gates.look(command["number"])
        return Effect(
            changes=(Fact("state", state, "SHUT", kind="state"),),
            basis={"state": state},
            amounts={"KGM": command["weight"] + self.gates.heavier},
            told={"name": "the old one"},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        if effect.basis["state"] == "SHUT":
            raise RuleBroken(f"Gate {command['number']} is shut already.")

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        self.gates.shut(command["number"], run.key())
        return {"state": "SHUT"}

    def read_back(self, command: Command, run: Run) -> Found:
        return Found.DONE if self.gates.look(command["number"])[0] == "SHUT" else Found.ABSENT

    def back(self, command: Command) -> str:
        return "/gates"


class PaintSchema(CommandSchema):
    """Which gate, in which colour."""

    number = fields.Integer(required=True)
    colour = fields.String(required=True, validate=validate.Length(min=1, max=20))


class PaintGate(ShutGate):
    """Paint a gate and then shut it: two things, of which the second may fail. It needs no approval."""

    name = "paint_gate"
    title = "Paint a gate"
    rule = "/gates/<int:number>/paint"
    schema = PaintSchema
    inputs = (Input("colour", "Colour"),)

    def sentence(self, command: Command, told: Told) -> str:
        return f"Paint gate {command['number']} {command['colour']}."

    def effect(self, command: Command) -> Effect:
        state, _ = self.gates.look(command["number"])
        return Effect(basis={"state": state}, warnings=(f"It is {state}.",))

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        if command["colour"] == "grey":
            raise RuleBroken("No gate is grey.")

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        run.done.append("painted")
        self.gates.shut(command["number"], run.key("shut"))
        return {"reason": "it was dull", "task": 1.5, "outcome": "painted"}


class ShutGateUnchecked(ShutGate):
    """The same, of which no policy here speaks: it is done at once."""

    name = "shut_gate_unchecked"
    rule = "/gates/<int:number>/shut-unchecked"


class ShutGateByKey(ShutGate):
    """The same at gates that tell a repetition by its key."""

    name = "shut_gate_by_key"
    rule = "/gates/<int:number>/shut-by-key"
    repeatable = True


def roles_folder(folder: Path, policy: str = POLICY, roles: str = ROLES) -> Path:
    """A folder of role files and a policy."""
    where = folder / "roles"
    where.mkdir(exist_ok=True)
    for name, text in (("roles.yaml", roles), ("approvals.yaml", policy)):
        # Another process may be reading it.
        if not (where / name).exists():
            (where / name).write_text(text, "utf-8")
    return where


def gate_page(number: int) -> str:
    """The page of a gate: what is asked for it stands there."""
    words = '{% set open_task = pending("gate:" ~ number) %}{% include "change/_pending.html" %}'
    return render_template_string(words, number=number)


def make_app(folder: Path, policy: str = POLICY, url: str = "", **more: Any) -> tuple[Flask, Gates]:
    """The garden over its gates, with two gardeners, two wardens and one who is both in its store.

    `url`: the database of its tasks, with its tables.
    """
    settings = settings_for(Settings, folder, roles_dir=roles_folder(folder, policy), database_url=url, **more)
    gates = Gates(f"sqlite:///{folder / 'gates.sqlite'}")
    pages = Blueprint("gates", __name__)
    pages.add_url_rule("/gates", "index", bff.requires(G.VIEW)(lambda: "all gates"))
    pages.add_url_rule("/gates/<int:number>", "show", bff.requires(G.VIEW)(gate_page))
    manifest = bff.Manifest("garden", "7", "Garden", (bff.NavItem("Gates", "gates.index", "door-open"),))
    actions = (ShutGate(gates), ShutGateByKey(gates), PaintGate(gates), ShutGateUnchecked(gates))
    app = bff.create_app("bff", settings, manifest, bff.Parts([pages], G, actions=actions))
    people(app)
    return app, gates


def people(app: Flask) -> None:
    """Let everybody hold what they should."""
    access: Access = app.extensions["portal_access"]
    for subject, role in PEOPLE.items():
        for other in access.store.holding(subject).role_names - {role}:
            access.store.remove(subject, other)
        access.store.assign(subject, role, "test")
        access.forget(subject)


def changes_of(app: Flask) -> Changes:
    """What the app does for its changes."""
    found: Changes = app.extensions["portal_changes"]
    return found


PEOPLE = {"u-greta": "gardener", "u-gus": "gardener", "u-wanda": "warden", "u-will": "warden", "u-bo": "both"}
RIGHTS = {
    "gardener": (G.VIEW, G.SHUT),
    "warden": (G.VIEW, G.APPROVE),
    "both": (G.VIEW, G.SHUT, G.APPROVE),
}
