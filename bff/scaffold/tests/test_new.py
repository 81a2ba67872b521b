"""A new package is whole, is written over nothing, and has a name that the portal and Python can bear."""

import json
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from bff.access import files
from bff.cli import main
from bff.scaffold.making import AlreadyThere, make, texts
from bff.scaffold.names import SHELLS, NameRefused, refuse


def new(name: str, into: Path) -> Result:
    return CliRunner().invoke(main, ["new", "microfrontend", name, "--into", str(into)])


def test_a_new_package_is_made_with_one_command(tmp_path: Path) -> None:
    told = new("rose-garden", tmp_path / "mine")
    assert told.exit_code == 0
    assert (tmp_path / "mine/rose-garden/rose_garden/app.py").exists()
    assert "README.md" in told.output


def test_every_file_is_filled_in_and_python_and_yaml_are_what_they_should_be(tmp_path: Path) -> None:
    folder = make("rose-garden", tmp_path)
    found = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    assert found == dict(texts("rose-garden"))
    assert [path for path, text in found.items() if "[[" in text or "PACKAGE" in path] == []
    for path, text in found.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
    assert yaml.safe_load(found["values.yaml"])["name"] == "rose-garden"
    project = tomllib.loads(found["pyproject.toml"])["project"]
    assert project["entry-points"]["bizops.apps"] == {"rose-garden": "rose_garden.app:create_app"}


def test_its_code_is_as_a_linter_would_have_it(tmp_path: Path) -> None:
    folder = make("rose-garden", tmp_path)
    for words in (["check", "."], ["format", "--check", "."]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout


def test_its_role_is_one_that_the_portal_takes(tmp_path: Path) -> None:
    roles = tmp_path / "roles"
    roles.mkdir()
    (roles / "role.yaml").write_text((make("rose-garden", tmp_path) / "role.yaml").read_text())
    book = files.load(roles)
    assert book.permissions_of({"rose-garden"}) == {"rose-garden:page:view"}


def test_its_values_are_values_that_the_chart_takes() -> None:
    chart = Path(__file__).parents[3] / "helm" / "microfrontend"
    usual = yaml.safe_load((chart / "values.yaml").read_text("utf-8"))
    own = yaml.safe_load(dict(texts("rose-garden"))["values.yaml"])
    given = {**usual, **own, "image": {**usual["image"], **own["image"]}}
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(given)] == []
    assert own.keys() <= usual.keys()


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_nothing_is_ever_written_over(tmp_path: Path, kind: str) -> None:
    there = tmp_path / "garden"
    if kind == "folder":
        there.mkdir()
    elif kind == "file":
        there.write_text("precious")
    else:
        there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AlreadyThere, match="Nothing was written"):
        make("garden", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["garden"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    told = new("garden", tmp_path / "file" / "below")
    assert told.exit_code != 0
    assert isinstance(told.exception, SystemExit)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_written_is_no_more_open_than_other_files(tmp_path: Path) -> None:
    folder = make("garden", tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert not any(os.access(path, os.X_OK) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Garden", "small letters"),
        ("rose_garden", "small letters"),
        ("9lives", "small letters"),
        ("../garden", "small letters"),
        ("garden/x", "small letters"),
        ("garden\n", "small letters"),
        ("garden-", "small letters"),
        ("rose--garden", "small letters"),
        ("g" * 33, "small letters"),
        ("", "small letters"),
        ("class", "Python has a 'class'"),
        ("json", "Python has a 'json'"),
        ("flask", "Python has a 'flask'"),
        ("bff", "Python has a 'bff'"),
        ("settlement", "an app 'settlement' already"),
        *[(name, "means something to the portal") for name in sorted(SHELLS)],
    ],
)
def test_a_name_that_would_not_work_is_refused_with_a_sentence(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(NameRefused, match=why) as refused:
        refuse(name)
    assert str(refused.value).endswith(".")
    if "/" not in name:
        told = new(name, tmp_path)
        assert told.exit_code == 1
        assert list(tmp_path.iterdir()) == []
