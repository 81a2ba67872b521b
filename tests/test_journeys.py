"""The journeys that the documents list are those that tests walk; each app's routes are those that it has."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from e2e.walked import PROPERTY, walked
from tests.routes import file_of, told
from tests.test_every_route import APPS, made

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/reference/journeys.md").read_text("utf-8")
ROW = re.compile(r"^\| (J\d+) [^|]+\|[^|]+\|([^|]+)\|$", re.MULTILINE)


def listed() -> dict[str, set[str]]:
    """The tests of each journey, as the page names them."""
    return {name: set(re.findall(r"`(\w+)`", tests)) for name, tests in ROW.findall(PAGE)}


def marked() -> dict[str, set[str]]:
    """The same, as the tests are marked."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "e2e").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "journey":
                for argument in node.args:
                    found.setdefault(ast.literal_eval(argument), set()).add(path.stem)
    return found


def test_the_page_lists_the_journeys_that_are_walked_and_the_tests_that_walk_them() -> None:
    assert listed() == marked()
    assert [f"J{number}" for number in range(1, 13)] == list(listed())[:12]


def end(name: str, *journeys: str) -> SimpleNamespace:
    return SimpleNamespace(nodeid=name, user_properties=[(PROPERTY, each) for each in journeys])


def test_a_journey_has_passed_when_nothing_of_it_that_ran_has_failed() -> None:
    stats = {
        "passed": [end("a", "J2"), end("b", "J10", "J9"), end("c"), end("d", "J3")],
        "failed": [end("e", "J2"), end("f")],
        "error": [end("d", "J3"), end("g", "J4")],
        "": [end("h", "J5")],
    }
    journeys = walked(stats)
    assert [(each.name, each.whole) for each in journeys] == [
        ("J2", False), ("J3", False), ("J4", False), ("J9", True), ("J10", True)
    ]  # fmt: skip
    assert str(journeys[0]) == "J2   1 of 2 tests passed; not e"
    assert str(journeys[1]) == "J3   0 of 1 tests passed; not d"
    assert str(journeys[3]) == "J9   1 of 1 tests passed"
    assert walked({}) == []


@pytest.mark.parametrize("name", sorted(APPS))
def test_the_routes_that_helm_test_tries_are_those_that_the_app_has(name: str, tmp_path: Path) -> None:
    with made(name, tmp_path) as app:
        assert file_of(name).read_text("utf-8") == told(app), (
            "run .venv/bin/python -m tests.routes, and commit what it wrote"
        )
