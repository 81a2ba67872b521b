"""Packs that were produced once, and copies of them for each test that wants to change something."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from microfrontends.reports.packs.producing import Producer
from microfrontends.reports.shelf import Shelf
from microfrontends.reports.sources.live import Live
from microfrontends.reports.tests.packs.scene import Scene, build_hub, copy_of, scene


@pytest.fixture(scope="package")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden ledger, of which nothing is produced yet."""
    folder = tmp_path_factory.mktemp("hub")
    build_hub(folder)
    return folder


@pytest.fixture(scope="package")
def delivered_folder(hub_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with all of its packs."""
    folder = tmp_path_factory.mktemp("delivered")
    made = copy_of(hub_folder, folder)
    made.rounds().notice()
    with made.app.app_context():
        Producer(made.desk.packs, without_papers(made), made.desk.files, "worker").produce_due()
    return folder


def without_papers(made: Scene) -> Shelf:
    """The same reports without PDF, which takes long; one test has it."""
    entries = {}
    for name, entry in made.desk.shelf.catalogue.items():
        said = entry.report.distribute
        fewer = replace(said, formats=tuple(form for form in said.formats if form != "pdf")) if said else None
        entries[name] = replace(entry, report=replace(entry.report, distribute=fewer))
    return Shelf(cast(Live, entries), made.desk.shelf.database)


@pytest.fixture
def bare(hub_folder: Path, tmp_path: Path) -> Scene:
    """An app that has not looked at its hub yet, which has settled twice already."""
    return copy_of(hub_folder, tmp_path)


@pytest.fixture
def delivered(delivered_folder: Path, tmp_path: Path) -> Scene:
    """An app that has produced all packs of two settlements."""
    return copy_of(delivered_folder, tmp_path)


@pytest.fixture
def fresh(hub_folder: Path, tmp_path: Path) -> Scene:
    """An app that looks at its hub for the first time: what was before is over."""
    made = scene(tmp_path, f"sqlite:///{_copy(hub_folder, tmp_path)}", pack_look_back_hours=0)
    made.rounds().notice()
    return made


def _copy(folder: Path, to: Path) -> Path:
    target = to / "hub.sqlite"
    target.write_bytes((folder / "hub.sqlite").read_bytes())
    return target
