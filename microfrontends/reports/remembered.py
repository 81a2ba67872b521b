"""What the audit keeps of a report that somebody reads: which, with what values, in what form, and how many rows."""

from collections.abc import Callable, Iterator

from bff import asker, audit_log, audited_read
from bff.change.audit import Actor, Happening, Outcome
from microfrontends.reports.domain.definition import ParamType, Report
from microfrontends.reports.domain.parameters import Values


def shown(report: Report, values: Values, rows: int) -> None:
    """Keep that a page shows the report, before it does."""
    audited_read("report.read", _target(report), _whose(report, values), _facts(values, "page") | {"rows": rows})


def sent(
    report: Report, values: Values, form: str, pieces: Iterator[bytes], count: Callable[[], int]
) -> Iterator[bytes]:
    """Keep that the report leaves as a file, before its first piece does; and at its end, how much has left."""
    begun = audited_read("report.read", _target(report), _whose(report, values), _facts(values, form))
    audit, who = audit_log(), Actor.of(asker())

    def counted() -> Iterator[bytes]:
        complete = False
        try:
            yield from pieces
            complete = True
        finally:
            facts = {"entry": begun.seq, "rows": count(), "complete": complete}
            told = Happening(action="report.sent", outcome=Outcome.READ, target=_target(report), detail=facts)
            audit.attempt(told, who)

    return counted()


def _target(report: Report) -> str:
    return f"report:{report.name}"


def _whose(report: Report, values: Values) -> str:
    asked = [values.get(param.name) for param in report.params if param.type is ParamType.PARTICIPANT]
    return str(asked[0]) if len(asked) == 1 and asked[0] is not None else ""


def _facts(values: Values, form: str) -> dict[str, object]:
    given = {name: str(value) for name, value in values.items() if value is not None}
    return {"parameters": given, "format": form}
