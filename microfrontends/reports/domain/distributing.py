"""Whether a report can be distributed as its file says: who it is for, and what fills its parameters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from microfrontends.reports.domain.definition import Param, ParamType, Report, Scope
from microfrontends.reports.domain.distribution import Distribution, Known, Per

PICKED = {
    Known.WINDOW: ParamType.WINDOW,
    Known.SETTLEMENT: ParamType.SETTLEMENT,
    Known.PARTICIPANT: ParamType.PARTICIPANT,
    Known.CURRENCY: ParamType.CURRENCY,
}
NUMBERS = (Known.WINDOW, Known.SETTLEMENT)


@dataclass(frozen=True)
class Misfit:
    """Why a report cannot be distributed as its file says; `place` is the field under `distribute`."""

    place: tuple[str, ...]
    reason: str


def misfits(report: Report) -> Iterator[Misfit]:
    """What keeps a report from being distributed as its file says; nothing for a report that is not distributed."""
    if report.distribute is None:
        return
    if report.scope is Scope.HUB:
        reason = "a report of scope hub shows every participant's rows, so it cannot be distributed to participants"
        yield Misfit((), reason)
    yield from _parameters(report, report.distribute)
    for form in report.distribute.formats:
        if form not in report.formats:
            yield Misfit(("formats",), f"{form} is not among the report's formats: {_listed(report.formats)}")


def _parameters(report: Report, distribution: Distribution) -> Iterator[Misfit]:
    params, known = {param.name: param for param in report.params}, distribution.known
    for name, source in distribution.parameters.items():
        if name not in params:
            yield Misfit(("parameters", name), f"the report has no parameter {name}")
        elif source not in known:
            reason = f"{source} is not known when {distribution.after} happens; known are {_listed(known)}"
            yield Misfit(("parameters", name), f"{reason}{_unless_per_currency(source)}")
        elif not _fits(params[name], source):
            yield Misfit(("parameters", name), f"{name} is of type {params[name].type}, which no {source} can fill")
    for param in report.params:
        if param.required and not param.default and param.name not in distribution.parameters:
            reason = f"the required parameter {param.name} has no source; say which of {_listed(known)} fills it"
            yield Misfit(("parameters",), reason)
    if distribution.per is Per.PARTICIPANT_CURRENCY and Known.CURRENCY not in distribution.parameters.values():
        reason = (
            "per participant_currency, but no parameter takes the currency: a participant's packs would be the same"
        )
        yield Misfit(("per",), reason)


def _unless_per_currency(source: Known) -> str:
    return "; write per: participant_currency" if source is Known.CURRENCY else ""


def _fits(param: Param, source: Known) -> bool:
    if param.type is PICKED[source]:
        return True
    # A participant's name goes nowhere else: as a plain text it would escape the check of who is in view.
    if source is Known.PARTICIPANT:
        return False
    return param.type is ParamType.TEXT or (param.type is ParamType.INTEGER and source in NUMBERS)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(str(name) for name in names))
