"""Checks all clauses against one app, one after the other, and says how each ended."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from bff.conformance.clauses import Clause, Finding, NotRun, Otherwise, Verdict, clauses
from bff.conformance.subject import Subject


@dataclass(frozen=True)
class Report:
    """What was found of one app."""

    url: str
    name: str
    findings: tuple[Finding, ...]

    def ended(self, verdict: Verdict) -> list[Finding]:
        """Those that ended so."""
        return [finding for finding in self.findings if finding.verdict is verdict]

    @property
    def kept(self) -> bool:
        """Whether no clause is broken."""
        return not self.ended(Verdict.FAILS)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        told = [
            {
                "id": finding.clause.id,
                "clause": finding.clause.sentence,
                "verdict": str(finding.verdict),
                "seen": finding.seen,
                "remedy": finding.clause.remedy,
            }
            for finding in self.findings
        ]
        return {"url": self.url, "name": self.name, "kept": self.kept, "clauses": told}


def run(app: Subject, only: Collection[str] = (), told: Callable[[Finding], None] = lambda _: None) -> Report:
    """Every clause, or only these; each is told as soon as it is known."""
    findings = []
    for wanted in _wanted(clauses(), only):
        findings.append(found(wanted, app))
        told(findings[-1])
    try:
        name = app.name
    except NotRun:
        name = app.wanted_name
    return Report(app.url, name, tuple(findings))


def _wanted(known: Iterable[Clause], only: Collection[str]) -> list[Clause]:
    return [clause for clause in known if not only or clause.id in only or clause.group in only]


def found(clause: Clause, app: Subject) -> Finding:
    """How one clause ends."""
    try:
        return Finding(clause, Verdict.OK, clause.check(app))
    except Otherwise as ending:
        return Finding(clause, ending.verdict, str(ending))
