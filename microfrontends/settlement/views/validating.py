"""Validating what a finalisation is to be, and taking note of its warnings: kept, audited, alike for page and API."""

from collections.abc import Mapping
from hashlib import sha256

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from bff import Missing, RuleBroken, asker, audit_log
from bff.change.happening import Happening, Outcome
from bff.run import Person
from microfrontends.settlement.desk import ledger_of, present_desk, settlement_of
from microfrontends.settlement.domain.bank_findings import Unreadable
from microfrontends.settlement.domain.finalisation import Options, plan_from_nets
from microfrontends.settlement.domain.proposal import Proposal, proposed, unread
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.files.bank_reading import LARGEST_FILE, read
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.run.finalisations import BankFileSent, Finalisation
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.finding_words import words_of

LONGEST_NAME = 100


def validated(
    settlement: Settlement, options: Options, sent: FileStorage | None
) -> tuple[Finalisation | None, Proposal]:
    """Keep what was sent and say what it leads to. A file that cannot be read is not kept. Raises RuleBroken."""
    if settlement.state.over:
        raise RuleBroken(_("Settlement %(id)s is over: there is nothing to finalise.", id=settlement.id))
    data = sent.read(LARGEST_FILE + 1) if sent else b""
    told = {"file": _name(sent), "sha256": sha256(data).hexdigest()} if sent else {}
    try:
        file = BankFileSent(told["file"], told["sha256"], read(data)) if sent else None
    except Unreadable as problem:
        proposal = unread(problem)
        _note("finalisation.validate", settlement.id, Outcome.REFUSED, {**told, **_counts(proposal)})
        return None, proposal
    desk, who = present_desk(), asker()
    ledger, by = ledger_of(present_hub()), Person(who.subject, who.name, who.username)
    if file:
        proposal = proposed(file.sheet, settlement, ledger, desk.policy, options)
    else:
        proposal = Proposal((), plan_from_nets(settlement, ledger, options))
    made = desk.finalisations.make(settlement.id, options, by, file, proposal.findings)
    _note("finalisation.validate", settlement.id, Outcome.DONE, {"id": made.id, **told, **_counts(proposal)})
    return made, proposal


def finalisation_of(settlement_id: int, key: str) -> Finalisation:
    """What was validated under this id for this settlement. Raises Missing."""
    found = present_desk().finalisations.find(key)
    if found is None or found.settlement_id != settlement_id:
        raise Missing(_("There is no finalisation %(id)s of this settlement.", id=key[:36]))
    return found


def proposal_of(made: Finalisation, settlement: Settlement) -> Proposal:
    """What it leads to now."""
    return made.proposal(settlement, ledger_of(present_hub()), present_desk().policy)


def acknowledged(made: Finalisation, keys: list[str]) -> Finalisation:
    """Take note of warnings by their keys, each by itself, in the name of whoever asks. Raises RuleBroken."""
    proposal = proposal_of(made, settlement_of(present_hub(), made.settlement_id))
    warnings = {each.key: each for each in proposal.warnings}
    if unknown := [key for key in keys if key not in warnings]:
        raise RuleBroken(
            _("There is no such warning any more: %(key)s. Look at what there is now.", key=unknown[0][:60])
        )
    who = asker()
    for key in keys:
        told = {
            "id": made.id,
            "finding": key,
            "kind": warnings[key].kind.name,
            "sentence": words_of(warnings[key]).sentence,
        }
        _note("finalisation.acknowledge", made.settlement_id, Outcome.DONE, told)
    return present_desk().finalisations.acknowledge(made.id, keys, Person(who.subject, who.name, who.username))


def _note(action: str, settlement_id: int, outcome: Outcome, detail: Mapping[str, object]) -> None:
    audit_log().record(Happening(action=action, outcome=outcome, target=key_of(settlement_id), detail=dict(detail)))


def _counts(proposal: Proposal) -> dict[str, int]:
    return {"errors": len(proposal.errors), "warnings": len(proposal.warnings)}


def _name(sent: FileStorage) -> str:
    """What the file is called, without a folder."""
    return " ".join((sent.filename or "").replace("\\", "/").rpartition("/")[2].split())[:LONGEST_NAME] or "?"
