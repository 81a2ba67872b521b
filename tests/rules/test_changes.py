"""Nothing is changed outside an action: no view, no program's endpoint, no job calls what writes by itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.access.holding import Assignments
from bff.errors import OutsideAction
from bff.hub import HubClient

ROOT = Path(__file__).parents[2]
APPS = sorted(path.parent for path in (ROOT / "microfrontends").glob("*/app.py"))
# Where writing belongs: the actions; what they speak through; the steps of a long run, which carries a task out.
ROOMS = ("actions", "hub", "directory", "run")
SPEAKING = ("hub", "directory")
SENDS = {"write", "send"}  # of HubClient, and of the directory's line
# The only ones that open a run: what executes a task, and what goes on with the run of one that takes long.
RUNNERS = {"bff/change/execution.py", "microfrontends/settlement/run/runner.py"}
KEEPERS = re.compile(r"hub|directory|store|access|ledger|desk|work", re.IGNORECASE)
REPAIR = (
    "{place}: `{call}` changes something outside an action. Make it the `execute` of an action in {app}/actions, and"
    " let the page or endpoint lead to that action's form."
)


def modules(folder: Path) -> list[Path]:
    """The modules of an app, without its tests and migrations."""
    return [path for path in sorted(folder.rglob("*.py")) if not {"tests", "migrations"} & set(path.parts)]


def room_of(path: Path, app: Path) -> str:
    """The first part of a module's place in its app, `hub` for hub.py as for hub/ledger.py."""
    return path.relative_to(app).parts[0].removesuffix(".py")


def called(node: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call of a method beneath a node: the call, on what, and the method's name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            yield each, ast.unparse(each.func.value), each.func.attr


def writing(sources: list[str], sends: set[str]) -> set[str]:
    """The methods of classes that send something, by themselves or through one another."""
    functions = [
        node
        for source in sources
        for made in ast.walk(ast.parse(source))
        if isinstance(made, ast.ClassDef)
        for node in made.body
        if isinstance(node, ast.FunctionDef)
    ]
    found: set[str] = set()
    while True:
        reached = sends | found
        more = {node.name for node in functions if any(name in reached for _call, _on, name in called(node))}
        if more <= found:
            return found - sends
        found |= more


def writers_of_the_store() -> set[str]:
    """What changes who holds what."""
    source = (ROOT / "bff/access/holding.py").read_text("utf-8")
    return writing([source], {"edit"}) | {"edit"}


def writers_of(app: Path) -> set[str]:
    """What changes something at the hub, in the directory or in the store of assignments, by an app's own methods."""
    sources = [path.read_text("utf-8") for path in modules(app) if room_of(path, app) in SPEAKING]
    return writing(sources, SENDS) | writers_of_the_store()


def keepers(tree: ast.AST) -> set[str]:
    """Names that stand for a hub, a directory or a store in a module, whatever they are called."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and KEEPERS.search(ast.unparse(node.value)):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.arg) and node.annotation and KEEPERS.search(ast.unparse(node.annotation)):
            found.add(node.arg)
    return found


def outside(source: str, place: str, app: str, writers: set[str]) -> list[str]:
    """What a module changes though it is no action, a sentence each, with the repair."""
    tree = ast.parse(source)
    known = keepers(tree)
    return [
        REPAIR.format(place=f"{place}:{call.lineno}", call=f"{on}.{name}", app=app)
        for call, on, name in called(tree)
        if name in writers | SENDS and (KEEPERS.search(on) or on.partition(".")[0] in known)
    ]


@pytest.mark.parametrize("app", APPS, ids=lambda app: str(app.name))
def test_only_actions_change_anything(app: Path) -> None:
    writers, name = writers_of(app), str(app.relative_to(ROOT))
    found = [
        sentence
        for path in modules(app)
        if room_of(path, app) not in ROOMS
        for sentence in outside(path.read_text("utf-8"), str(path.relative_to(ROOT)), name, writers)
    ]
    assert not found, "\n".join(found)


def test_the_shell_changes_nothing_of_anybody() -> None:
    writers, shell = writers_of_the_store(), ROOT / "shell"
    places = [(path.read_text("utf-8"), str(path.relative_to(ROOT))) for path in modules(shell)]
    assert [told for source, place in places for told in outside(source, place, "shell", writers)] == []


def test_what_writes_is_known_by_name() -> None:
    """So that the search above does not pass because it looks for nothing."""
    assert "close" in writers_of(ROOT / "microfrontends/settlement")
    assert {"create", "set_active"} <= writers_of(ROOT / "microfrontends/users")
    assert writers_of_the_store() == {"edit", "assign", "remove", "add_participant", "remove_participant"}
    assert all(hasattr(Assignments, name) for name in writers_of_the_store())


@pytest.mark.parametrize("line", [
    "present_hub().close(1, 'x')",
    "self.desk.hub.close(1, 'x')",
    "gate = present_hub()\ngate.close(1, 'x')",
    "def view(it: Hub):\n    it.close(1, 'x')",
    "lambda: desk().store.assign('u', 'r', 'me')",
    "present_hub()._writing.write('POST', '/x', {})",
])  # fmt: skip
def test_a_change_by_a_view_is_found_and_its_repair_named(line: str) -> None:
    (sentence,) = outside(line, "app/views/page.py", "app", {"close", "assign"})
    assert sentence.startswith("app/views/page.py:")
    assert "Make it the `execute` of an action in app/actions" in sentence


@pytest.mark.parametrize("line", ["connection.close()", "present_hub().windows()", "things.remove(1)"])
def test_what_changes_nothing_of_the_hub_is_not_found(line: str) -> None:
    assert outside(line, "app/views/page.py", "app", {"close", "assign", "remove"}) == []


def test_a_method_that_writes_through_another_is_known_too() -> None:
    source = "class H:\n def a(self): self._b()\n def _b(self): self.line.write('PUT')\n def c(self): self.line.get()"
    assert writing([source], SENDS) == {"a", "_b"}


def test_nobody_but_the_engine_opens_a_run() -> None:
    opening = {
        str(path.relative_to(ROOT))
        for folder in ("bff", "shell", "microfrontends")
        for path in modules(ROOT / folder)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "bff.run" and "running" in {it.name for it in node.names}
    }
    assert opening == RUNNERS


def test_a_write_outside_of_a_run_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(OutsideAction, match="outside an action"):
        HubClient("http://127.0.0.1:9").write("POST", "/anything", {})
