"""The run behind settling windows: make the settlement, record and reserve it, see what became of the caps."""

from microfrontends.settlement.run import advancing, caps, creating
from microfrontends.settlement.run.states import StepKind
from microfrontends.settlement.run.work import Work


def initiate(work: Work) -> None:
    """Do what is missing of it. Raises GivenUp, Stopped, Interrupted, LostLease, HubRefused and HubUnavailable."""
    creating.create(work)
    work.look()
    reserve(work)


def reserve(work: Work) -> None:
    """Bring every account to PS_TRANSFERS_RESERVED, between two looks at the caps."""
    advancing.refuse_aborted(work)
    creating.refuse_unbalanced(work)
    advancing.advance_all(work, StepKind.RECORD)
    caps.keep(work)
    advancing.advance_all(work, StepKind.RESERVE)
    caps.compare(work)
