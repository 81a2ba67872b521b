"""Steps as a JUnit report, which every pipeline can show."""

from collections.abc import Sequence
from xml.etree import ElementTree

from bff.journeys.matrix import Step


def report(steps: Sequence[Step]) -> str:
    """One suite; a case for each step, called by who made it."""
    failed = sum(bool(step.problem) for step in steps)
    counts = {"tests": str(len(steps)), "failures": str(failed), "errors": "0"}
    suite = ElementTree.Element("testsuite", {"name": "bizops journeys", **counts})
    for step in steps:
        case = ElementTree.SubElement(suite, "testcase", {"classname": step.walker, "name": step.name})
        if step.problem:
            ElementTree.SubElement(case, "failure", {"message": step.problem})
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
