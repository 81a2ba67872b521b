"""Decides what the integrity page says: of each chain whether it holds, and if not, what it was and what it is."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.identity.principal import Identity
from bff.web.layout import render
from shell.chains import Chain
from shell.platform import Platform
from shell.standing import Standing, look
from shell.witness import Fault, Witness

FAULTS: Final = {
    Fault.FOREIGN: _l("What it showed is the audit of something else."),
    Fault.UNSIGNED: _l("The last entry is not vouched for: no key that it offers has signed it."),
    Fault.SHRUNK: _l("It has fewer entries than were seen before: entries were taken away."),
    Fault.CHANGED: _l("Entries that were seen before are not what they were: the audit was rewritten."),
    Fault.UNPROVEN: _l("It does not prove that it goes on from the entries that were seen before."),
}


def page(platform: Platform, witness: Witness, identity: Identity, chains: Sequence[Chain]) -> Response:
    """Every chain, those that do not hold first."""
    found = look(platform, witness, identity, chains)
    ordered = sorted(found, key=lambda standing: standing.holds)
    return render(
        "audit/integrity.html",
        title=_("Integrity of the audit"),
        standings=ordered,
        verdicts={standing.chain.name: verdict(standing) for standing in ordered},
        faults=FAULTS,
    )


def verdict(standing: Standing) -> tuple[Any, str, str]:
    """A standing as word, tone and shape."""
    told = standing.testimony
    if told is None:
        return _("Not known"), "attention", "triangle"
    if told.fault and told.fault is not Fault.UNPROVEN:
        return _("Contradicts what was seen"), "danger", "cross"
    if standing.first_bad is not None:
        return _("Does not verify"), "danger", "cross"
    if told.fault or not standing.verified or standing.problem:
        return _("Not proven"), "attention", "triangle"
    return _("Holds"), "ok", "tick"
