"""Who works at a run: one process at a time, for as long as it lives; what ends a run, and what only interrupts it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import structlog
from flask_babel import lazy_gettext as _l
from structlog.contextvars import bound_contextvars

from bff.change.execution import Execution
from bff.change.states import State
from bff.errors import HubRefused, HubUnavailable
from bff.holders import taking_of
from bff.run import running
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.run import finalising, initiating
from microfrontends.settlement.run.journal import Journal
from microfrontends.settlement.run.states import RunKind, RunState
from microfrontends.settlement.run.store import LostLease, Runs
from microfrontends.settlement.run.work import GivenUp, Interrupted, Patience, Stopped, Work

LET_THROUGH = (State.EXECUTING, State.DONE, State.UNKNOWN)
AGAIN = timedelta(seconds=15)  # after which a hub that did not answer is asked again
LONGEST_AWAY = timedelta(minutes=15)  # after which a person is asked
DOES: dict[RunKind, Callable[[Work], None]] = {
    RunKind.INITIATE: initiating.initiate,
    RunKind.FINALISE: finalising.finalise,
    RunKind.CORRECT: finalising.correct,
}
log = structlog.get_logger()


@dataclass
class Runner:
    """Works at runs until `stopping` is set, several at once; `holder` names its process.

    What was let through, `execution` knows."""

    runs: Runs
    execution: Execution
    hub: Hub
    holder: str
    patience: Patience = field(default_factory=Patience)
    stopping: threading.Event = field(default_factory=threading.Event)

    def work_at(self, run_id: str) -> bool:
        """Go on with a run as far as it can go now, unless somebody else does; whether it was ours."""
        # A bell may ring twice, and in one process: each taking has a name of its own, and the run is one's alone.
        return replace(self, holder=taking_of(self.holder))._take_up(run_id)

    def _take_up(self, run_id: str) -> bool:
        if not self.runs.claim(run_id, self.holder):
            return False
        # The hub's own logs are found by the run's id, which goes along as the trace's.
        with self._kept(run_id), bound_contextvars(run=run_id, trace_id=UUID(run_id).hex):
            log.info("run_taken_up", holder=self.holder)
            try:
                self._work(run_id)
            except LostLease:
                log.warning("run_lost", holder=self.holder)
            except Interrupted:
                self.runs.let_go(run_id, self.holder)
            log.info("run_left", state=self.runs.get(run_id).state)
        return True

    def _work(self, run_id: str) -> None:
        journal = Journal(self.runs, self.execution.audit, self.runs.get(run_id), self.holder)
        task = self.execution.tasks.find(run_id)
        if task is None or task.state not in LET_THROUGH or not self.execution.vouched(task):
            journal.ends(RunState.STOPPED, _l("The audit does not confirm that this was let through."))
            return
        try:
            # The hub is written to in the name of those who asked for it and let it through, whoever resumed it.
            with running(task.run):
                DOES[journal.run.kind](Work(self.hub, journal, self.patience, self.stopping))
        except GivenUp as end:
            journal.ends(RunState.GIVEN_UP, end.sentence)
        except Stopped as stop:
            journal.ends(RunState.STOPPED, stop.sentence)
        except (HubRefused, HubUnavailable) as problem:
            self._not_read(journal, problem)
        except (LostLease, Interrupted):
            raise
        except Exception as problem:
            log.exception("run_broke")
            journal.ends(
                RunState.STOPPED, _l("The run broke: %(what)s. It can be resumed.", what=type(problem).__name__)
            )
        else:
            journal.ends(RunState.DONE)

    def _not_read(self, journal: Journal, problem: HubRefused | HubUnavailable) -> None:
        """The hub cannot be read, or not reached: the run waits for it by itself, and after a while for a person."""
        run_id = journal.run.id
        log.warning("run_waits_for_hub", problem=str(problem))
        if isinstance(problem, HubRefused) and problem.status < 500:
            words = {"code": problem.code, "words": problem.description}
            journal.ends(RunState.STOPPED, _l("The hub refused to be read: %(code)s %(words)s", **words))
            return
        since = self.runs.get(run_id).away_since
        if since and self.runs.clock() - since > LONGEST_AWAY:
            journal.ends(RunState.STOPPED, _l("The hub does not answer."))
        else:
            sentence = _l("The hub does not answer. It is asked again by itself.")
            self.runs.away(run_id, self.holder, AGAIN, sentence)

    @contextmanager
    def _kept(self, run_id: str) -> Iterator[None]:
        """Prolong the lease every few seconds meanwhile, also during a long call: it ends with this process."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(self.runs.lease.total_seconds() / 4):
                try:
                    self.runs.prolong(run_id, self.holder)
                except Exception as problem:  # whoever works finds out with the next word that they write
                    log.warning("lease_not_prolonged", run=run_id, problem=type(problem).__name__)

        keeper = threading.Thread(target=keep, name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()
