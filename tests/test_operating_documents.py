"""What the documents tell operators to type exists: settings, commands, and that all that is wanted is named."""

import ast
import dataclasses
import re
from pathlib import Path

import click
import pytest

from bff.cli import main
from bff.doctor.environment import OTHERS, all_kinds, names_of
from bff.settings import Settings
from tests.messages import ROOT

PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
TAKING_AWAY = {"drop_table", "drop_column", "rename_table", "alter_column"}
KNOWN = OTHERS.union(*(names_of(kind) for kind in all_kinds()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_that_a_how_to_names_exists(page: Path) -> None:
    named = set(re.findall(r"\bBIZOPS_[A-Z_]+[A-Z]\b", page.read_text("utf-8")))
    assert {name for name in named - KNOWN if not name.startswith("BIZOPS_TEST_")} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_a_how_to_names_exists(page: Path) -> None:
    told = re.findall(
        r"`bizops ([a-z][a-z -]*)|^(?:    +)?bizops ([a-z][a-z -]*)", page.read_text("utf-8"), re.MULTILINE
    )
    unknown = [words for pair in told if (words := "".join(pair).split()) and not exists(words)]
    assert unknown == []


def exists(words: list[str]) -> bool:
    """Whether the first words are a command; of a group, its command too."""
    context = click.Context(main)
    command = main.get_command(context, words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        return command.get_command(context, words[1]) is not None
    return command is not None


def test_going_to_production_names_what_has_to_be_set() -> None:
    pages = [ROOT / "docs" / "how-to" / f"{name}.md" for name in ("go-to-production", "connect-keycloak")]
    told = " ".join(page.read_text("utf-8") for page in pages)
    required = [field.name.upper() for field in dataclasses.fields(Settings) if field.default is dataclasses.MISSING]
    assert [name for name in required if f"BIZOPS_{name}" not in told] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/**/migrations/versions/0*.py")), ids=lambda path: str(path.stem))
def test_a_migration_takes_nothing_away_that_the_version_before_needs(path: Path) -> None:
    forward = [
        node
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    assert forward
    called = {node.attr for each in forward for node in ast.walk(each) if isinstance(node, ast.Attribute)}
    assert called & TAKING_AWAY == set(), "add beside it, and take the old away in a later release"
