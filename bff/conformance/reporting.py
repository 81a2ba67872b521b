"""How findings are written down: a table for people, JUnit for pipelines."""

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from bff.conformance.clauses import Finding, Verdict
from bff.conformance.running import Report

WIDTHS: Final = (26, 16)
LONGEST: Final = 160


def line(finding: Finding) -> str:
    """A row of the table; where a clause is broken, what it asks and what repairs it stand below."""
    seen = _plain(finding.seen)
    row = f"{finding.clause.id:<{WIDTHS[0]}}{finding.verdict:<{WIDTHS[1]}}{seen}"
    if finding.verdict is not Verdict.FAILS:
        return row
    indent = " " * WIDTHS[0]
    return f"{row}\n{indent}clause: {finding.clause.sentence}\n{indent}remedy: {finding.clause.remedy}"


def _plain(seen: str) -> str:
    """What an app says may hold anything; a terminal gets one line without control characters."""
    shown = "".join(mark if mark.isprintable() else " " for mark in seen)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + " ..."


def head() -> str:
    """What the columns are."""
    return f"{'clause':<{WIDTHS[0]}}{'verdict':<{WIDTHS[1]}}what was seen"


def summary(report: Report) -> str:
    """How many ended how, and what was left undone."""
    counts = {verdict: len(report.ended(verdict)) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{report.name or report.url}: {len(report.findings)} clauses: {told}"


def junit(report: Report) -> str:
    """One test case for each clause."""
    suite = Element("testsuite", name=f"bizops check {report.url}", tests=str(len(report.findings)))
    suite.set("failures", str(len(report.ended(Verdict.FAILS))))
    suite.set("skipped", str(len(report.ended(Verdict.NOT_APPLICABLE)) + len(report.ended(Verdict.NOT_RUN))))
    for finding in report.findings:
        case = SubElement(suite, "testcase", classname=finding.clause.group, name=finding.clause.id)
        if finding.verdict is Verdict.FAILS:
            SubElement(case, "failure", message=_plain(finding.seen)).text = finding.clause.remedy
        elif finding.verdict is not Verdict.OK:
            SubElement(case, "skipped", message=_plain(finding.seen))
    return tostring(suite, encoding="unicode")
