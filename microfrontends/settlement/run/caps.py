"""Net debit caps around a run: kept before the hub reserves, compared after, since it rewrites them in silence."""

from dataclasses import replace

from flask_babel import lazy_gettext as _l

from microfrontends.settlement.domain.ledger import Cap, same
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.run.records import Planned, Step
from microfrontends.settlement.run.states import StepKind, StepState
from microfrontends.settlement.run.work import Work


def keep(work: Work) -> None:
    """Keep the caps of everybody in the settlement, unless it is too late: after reserving they say nothing."""
    for step in work.journal.left(StepKind.KEEP_CAPS):
        if _reserved(work):
            work.journal.done([step])
        else:
            work.journal.keep_caps(step, _of_settlement(work))


def compare(work: Work) -> None:
    """Keep beside them what the caps are now."""
    for step in work.journal.left(StepKind.COMPARE_CAPS):
        kept = work.journal.of(StepKind.KEEP_CAPS)
        if kept and kept.state is StepState.DONE:
            work.journal.compare_caps(step, _of_settlement(work))
        else:
            work.journal.done([step])


def set_cap(work: Work, step: Step, planned: Planned) -> bool:
    """Bring one cap to what is planned; its alarm stays."""
    assert step.expected is not None
    wanted = step.expected

    def present() -> Cap | None:
        mine = (planned.participant, planned.currency)
        return next((cap for cap in work.hub.caps() if (cap.participant, cap.currency) == mine), None)

    def seen() -> bool:
        cap = present()
        return cap is not None and same(cap.value, wanted)

    before = present()
    if before is None:
        work.journal.fails(step, _l("The hub shows no net debit cap of this account that could be changed."))
        return False
    if not step.sent_at and same(before.value, wanted):
        work.journal.done([step], before=before.value, found=before.value)
        return True
    return work.put(step, lambda: work.hub.set_cap(replace(before, value=wanted)), seen, before=before.value)


def disable(work: Work, step: Step, planned: Planned) -> bool:
    """Disable the position account of this currency, and no other."""

    def disabled() -> bool:
        accounts = work.hub.accounts(planned.participant)
        return any(each.account_id == planned.account_id and not each.active for each in accounts)

    if not step.sent_at and disabled():
        work.journal.done([step])
        return True
    name, number = planned.participant, planned.account_id
    return work.put(step, lambda: work.hub.set_account_active(name, number, False), disabled)


def _reserved(work: Work) -> bool:
    """Whether any account is reserved: the hub may have rewritten a cap by then."""
    reserved = SettlementState.PS_TRANSFERS_RESERVED.rank
    return any(state.rank >= reserved for state in work.standing.values())


def _of_settlement(work: Work) -> list[Cap]:
    assert work.settlement is not None
    concerned = {(each.participant, each.currency) for each in work.settlement.accounts}
    return [cap for cap in work.hub.caps() if (cap.participant, cap.currency) in concerned]
