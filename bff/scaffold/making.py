"""Writes the package: every file from its template, all of them or none, and never over anything."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from bff.scaffold.names import package_of, refuse

SUFFIX: Final = ".j2"


class AlreadyThere(Exception):
    """Something has the name already; nothing was written."""


def make(name: str, into: Path) -> Path:
    """The folder of the new package. Raises NameRefused, AlreadyThere or OSError, and then has written nothing."""
    refuse(name)
    target = into / name
    if os.path.lexists(target):
        raise AlreadyThere(f"{target} is there already. Nothing was written.")
    into.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=into, prefix=f".{name}-"))
    try:
        for path, text in texts(name):
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_text(text, "utf-8")
        made.chmod(0o755)
        # In one step, so that nobody sees half of it, and nothing that came meanwhile is lost: a folder with
        # something in it is not replaced.
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return target


def texts(name: str) -> Iterator[tuple[str, str]]:
    """Each file of the package and what is in it."""
    package = package_of(name)
    facts = {
        "name": name,
        "package": package,
        "title": name.replace("-", " ").capitalize(),
        "portal": version("bizops-portal"),
    }
    # The templates hold templates: the marks of the outer ones are others than those of the inner ones.
    jinja = Environment(  # noqa: S701 - Python and YAML, not HTML
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    for path, template in _templates(files("bff.scaffold").joinpath("microfrontend")):
        # An image drops every folder called tests, and must not drop these.
        path = path.replace("PACKAGE", package).replace("TESTS", "tests").removesuffix(SUFFIX)
        yield path, jinja.from_string(template).render(facts)


def _templates(folder: Traversable, path: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield path + entry.name.replace("dot-", "."), entry.read_text("utf-8")
