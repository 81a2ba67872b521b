"""What the documents say is what the code does."""

import json
from pathlib import Path

import pytest

from bff.contract import reference
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
    import re

    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_makefile_stays_readable() -> None:
    assert len((ROOT / "Makefile").read_text("utf-8").splitlines()) < 40


def test_every_dependency_is_pinned() -> None:
    import re
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
