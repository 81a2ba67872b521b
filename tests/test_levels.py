"""The page on testing names commands that there are: targets, workflows, subcommands and their options, files."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bff.cli import main
from e2e import people

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/how-to/test.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
WORKFLOWS = {path.name for path in (ROOT / ".github/workflows").glob("*.yaml")}
BLOCK, INLINE = re.compile(r"```sh\n(.*?)```", re.DOTALL), re.compile(r"`([^`\n]+)`")
LEVELS = ("developer's machine", "functional, against a chosen deployment", "`helm test`", "pipeline")
CANNOT = PAGE.split("## What CI on a machine without a container engine cannot prove")[1]
PATHS = re.compile(r"(?<![\w./-])((?:helm|tests|roles|images|e2e|microfrontends|docs)/[\w./*-]+)")


def commands() -> Iterator[list[str]]:
    """Each command of the page, as words."""
    blocks = BLOCK.findall(PAGE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in (*lines, *INLINE.findall(BLOCK.sub("", PAGE))):
        try:
            yield shlex.split(line)
        except ValueError:
            continue  # a word in quotation marks


@pytest.mark.parametrize("words", [each for each in commands() if each[0] == "make"], ids=" ".join)
def test_make_has_the_target_and_reads_what_it_is_given(words: list[str]) -> None:
    assert re.search(rf"^{words[1]}:", MAKEFILE, re.MULTILINE)
    given = [word.partition("=")[0] for word in words[2:] if "=" in word]
    assert [name for name in given if f"$({name}" not in MAKEFILE] == []
    assert [name for name in given if f"(if $({name})" not in MAKEFILE and f"$({name}:" not in MAKEFILE] == []


@pytest.mark.parametrize("words", [each for each in commands() if each[0] == "bizops"], ids=" ".join)
def test_bizops_has_the_command_and_its_options(words: list[str]) -> None:
    command: click.Command | None = main
    context = click.Context(main)
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(context, word)
        assert command is not None, word
    assert command is not None
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def test_workflows_and_files_that_are_named_are_there() -> None:
    assert set(re.findall(r"`([\w-]+\.yaml)`", PAGE)) - {"people.yaml"} == WORKFLOWS
    assert [name for name in PATHS.findall(PAGE) if not list(ROOT.glob(name.rstrip("/.")))] == []


def test_the_people_who_walk_are_named_as_the_environment_is_read() -> None:
    named = {name.lower() for name in re.findall(r"E2E_([A-Z_]+?)_(?:USER|\.\.\.)", PAGE)}
    walkers = {name.lower() for name in vars(people) if isinstance(getattr(people, name), people.Person)}
    assert named == walkers


def test_each_level_is_named_once_with_one_command() -> None:
    table = PAGE.split("## 1.")[0]
    rows = [line for line in table.splitlines() if re.match(r"\| \d ", line)]
    assert [level for level, row in zip(LEVELS, rows, strict=True) if level not in row] == []
    assert all(re.match(r"\| \d [^|]+\| `[^`]+`", row) for row in rows)


def test_what_cannot_be_proven_here_says_where_it_is() -> None:
    rows = [line.strip("| ").split(" | ") for line in CANNOT.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 12
    lacking = [what for what, where in rows if "`" not in where and "by ear" not in where]
    assert lacking == []
    for word in (
        "docker build",
        "kind create cluster",
        "helm upgrade",
        "pip-audit",
        "MySQL 8",
        "Safari",
        "Mojaloop hub",
    ):
        assert word in CANNOT
