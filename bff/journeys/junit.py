"""Steps as a JUnit report, which every pipeline can show."""

from collections.abc import Sequence
from xml.etree import ElementTree

from bff.journeys.matrix import Step


def report(steps: Sequence[Step]) -> str:
    """One suite; a case for each step, called by who made it."""
    failed = sum(bool(step.problem) for step in steps)
    left_out = sum(bool(step.left_out) for step in steps)
    counts = {"tests": str(len(steps)), "failures": str(failed), "errors": "0", "skipped": str(left_out)}
    suite = ElementTree.Element("testsuite", {"name": "bizops journeys", **counts})
    for step in steps:
        case = ElementTree.SubElement(suite, "testcase", {"classname": step.walker, "name": step.name})
        if step.problem:
            ElementTree.SubElement(case, "failure", {"message": step.problem})
        if step.left_out:
            ElementTree.SubElement(case, "skipped", {"message": step.left_out})
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
