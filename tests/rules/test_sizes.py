"""Modules, functions and templates stay small enough to be read at a sitting. The exceptions may only shrink."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bff", "shell", "microfrontends", "sandbox", "static", "tests", "e2e", "examples", "benchmarks")
MODULE_LINES, FUNCTION_LINES, PARAMETERS, TEMPLATE_LINES = 300, 40, 5, 120
LARGE_MODULES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
LARGE_TEMPLATES: set[str] = set()


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name_of(path)}:{node.name}", node


def test_no_module_is_longer_than_its_limit() -> None:
    large = {name_of(path) for path in modules() if len(path.read_text("utf-8").splitlines()) > MODULE_LINES}
    assert large == LARGE_MODULES


def test_no_function_is_longer_than_its_limit() -> None:
    long = {name for name, node in functions() if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES}
    assert long == LONG_FUNCTIONS


def test_no_function_of_the_product_takes_more_than_five_parameters() -> None:
    many = {
        name
        for name, node in functions()
        if "/tests/" not in name
        and not name.startswith(("tests/", "e2e/"))
        and len([a for a in node.args.args if a.arg not in ("self", "cls")]) + len(node.args.kwonlyargs) > PARAMETERS
    }
    assert many == set()


def test_the_middle_function_and_the_middle_module_are_short() -> None:
    product = [path for path in modules() if "tests" not in path.parts and path.name != "__init__.py"]
    assert median(len(path.read_text("utf-8").splitlines()) for path in product) <= 150
    assert median((node.end_lineno or 0) - node.lineno + 1 for _, node in functions()) <= 10


def test_every_module_says_in_its_first_line_what_it_decides() -> None:
    silent = [name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


@pytest.mark.parametrize("folder", ["bff", "shell", "microfrontends", "sandbox"])
def test_no_template_is_longer_than_its_limit(folder: str) -> None:
    large = {
        name_of(path)
        for path in (ROOT / folder).rglob("templates/**/*.html")
        if len(path.read_text("utf-8").splitlines()) > TEMPLATE_LINES
    }
    assert large == {name for name in LARGE_TEMPLATES if name.startswith(folder)}
