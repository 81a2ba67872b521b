"""What the actions of settling share: the hub, the runs, what was validated, and the bell that wakes a worker."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from bff import Missing, RuleBroken
from bff.database import engine_for
from bff.errors import Note
from bff.money import scale
from bff.web.formats import when
from microfrontends.settlement.domain.bank_findings import Policy
from microfrontends.settlement.domain.ledger import Ledger
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.jobs import Bell, bell_of, queue_of
from microfrontends.settlement.run.finalisations import Finalisations
from microfrontends.settlement.run.records import NewRun, SettlementRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import AlreadyRunning, Runs, key_of
from microfrontends.settlement.run.workers import Workers
from microfrontends.settlement.settings import SettlementSettings


@dataclass(frozen=True)
class Desk:
    """One app's. Without a bell nobody is told."""

    runs: Runs
    finalisations: Finalisations
    bell: Bell = lambda run_id: None
    policy: Policy = Policy(scale)

    def workers_note(self) -> str:
        """What whoever watches the app should know of its workers: runs wait where there is none."""
        alive = Workers(self.runs.engine).alive()
        return "" if alive else Note("no worker has been seen for a while: start `bizops work settlement`")

    def start(self, new: NewRun) -> SettlementRun:
        """Start a run and tell the workers. Raises RuleBroken when another one works at the same."""
        try:
            run = self.runs.start(new)
        except AlreadyRunning as other:
            raise RuleBroken(said_of(other.run)) from None
        self.bell(run.id)
        return run

    def refuse_second(self, open_key: str) -> None:
        """Raise RuleBroken where a run works at this already: who started it, and when."""
        if other := self.runs.open_on(open_key):
            raise RuleBroken(said_of(other))

    def refuse_running(self, settlement_id: int) -> None:
        """Raise RuleBroken while a worker may be at the settlement."""
        other = self.runs.open_on(key_of(settlement_id))
        if other and other.state is RunState.RUNNING:
            raise RuleBroken(said_of(other))


def make_desk(settings: SettlementSettings, bell: Bell | None = None) -> Desk:
    """The desk of an app with these settings. Without a bell given, workers are told through the queue."""
    engine = engine_for(settings.own_database)
    policy = Policy(scale, settings.fatal_kinds)
    return Desk(Runs(engine), Finalisations(engine), bell or bell_of(queue_of(settings)), policy)


def present_desk() -> Desk:
    """The desk of the present app."""
    found: Desk = current_app.extensions["settlement_desk"]
    return found


def settlement_of(hub: Hub, settlement_id: int) -> Settlement:
    """The settlement. Raises Missing."""
    found = hub.settlement(settlement_id)
    if found is None:
        raise Missing(_("The hub has no settlement %(id)s.", id=settlement_id))
    return found


def ledger_of(hub: Hub) -> Ledger:
    """All accounts and caps, as they are now."""
    return Ledger(hub.ledger(), hub.caps())


def said_of(run: SettlementRun) -> str:
    """That a run is under way already: whose, and since when."""
    told = {"name": run.started_by.name, "since": when(run.started_at, seconds=True)}
    if run.state is RunState.STOPPED:
        return _("What %(name)s started on %(since)s has stopped: resume that one. Nothing was changed.", **told)
    return _("This is running already: %(name)s started it on %(since)s. Nothing was changed.", **told)
