"""What the documents say is what the code does."""

import json
import re
from pathlib import Path

import pytest

from bff.contract import reference
from sandbox.hub.faults import Fault
from tests.messages import ROOT

PAGES = reference.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_as_the_code_would_write_it_now(name: str) -> None:
    assert (ROOT / "docs" / "reference" / name).read_text("utf-8") == PAGES[name], (
        "run `make docs` and commit the result"
    )


def test_the_readme_begins_with_a_picture_and_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:30])
    assert "docs/images/windows.png" in first_screen
    assert (ROOT / "docs" / "images" / "windows.png").exists()
    assert "make run" in first_screen
    assert "make test" in first_screen
    assert "add-a-report.md" in first_screen
    assert "add-a-micro-frontend.md" in first_screen


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


LINK = re.compile(r"\]\((?!https?:|page:|guide:|#)([^)#]+)")
DOCS = ROOT / "docs"


def test_every_document_is_reached_from_the_index() -> None:
    reached, ahead = set(), [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        ahead += [(page.parent / target).resolve() for target in LINK.findall(page.read_text("utf-8"))]
    written = {page for page in DOCS.rglob("*.md") if "decisions" not in page.parts}
    lost = sorted(str(page.relative_to(DOCS)) for page in written - reached)
    assert lost == [], "name it in docs/README.md, or link to it from a page that is named there"


def test_the_parts_that_the_architecture_names_exist() -> None:
    text = (DOCS / "explanation" / "architecture.md").read_text("utf-8")
    named = re.findall(r'Component\(\w+, "[^"]+", "([^"]+)"', text)
    assert len(named) >= 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_diagrams_draw_only_what_they_have_introduced() -> None:
    text = (DOCS / "explanation" / "architecture.md").read_text("utf-8")
    diagrams = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert len(diagrams) == 3
    for diagram in diagrams:
        known = set(re.findall(r"(?:Person|System\w*|Container\w*|Component)\((\w+),", diagram))
        ends = {end for pair in re.findall(r"Rel\((\w+), (\w+),", diagram) for end in pair}
        assert ends - known == set()


def test_the_faults_of_the_exercises_are_those_that_the_sandbox_knows() -> None:
    text = (DOCS / "training" / "operators.md").read_text("utf-8")
    bodies = [json.loads(body) for body in re.findall(r"sandbox/faults -H .*\n  -d '(.*)'", text)]
    assert [Fault.asked(body).effect for body in bodies] == ["refuse", "drop"]


@pytest.mark.parametrize("name", ["operators.md", "contributors.md"])
def test_every_exercise_says_what_comes_of_it_and_how_to_check(name: str) -> None:
    exercises = re.split(r"^## \d+\. ", (DOCS / "training" / name).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert 10 <= len(exercises) <= 12
    assert [each.splitlines()[0] for each in exercises if "*Result:*" not in each or "*Check:*" not in each] == []


def test_the_makefile_stays_readable() -> None:
    assert len((ROOT / "Makefile").read_text("utf-8").splitlines()) < 40


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    names = {re.split(r"[\[><=~! ]", item)[0].lower().replace("_", "-") for item in wanted} - {"bizops-portal"}
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()}
    assert names - pinned == set(), "run `make lock` and commit the result"


def test_the_lock_names_no_registry() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def test_the_stranger_fits_on_one_page() -> None:
    assert len((ROOT / "examples/hello/hello.py").read_text("utf-8").splitlines()) < 80


def test_vendored_files_are_what_their_list_says() -> None:
    vendored = json.loads(Path(ROOT / "static" / "vendor.json").read_text("utf-8"))
    assert vendored
