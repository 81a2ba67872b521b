"""Reports of an installed package: a real distribution, installed into a folder of its own, found and not imported."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from microfrontends.reports.tests.test_catalogue import GOOD

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-reports"
version = "1.0"
[project.entry-points."bizops.reports"]
acme = "acme_reports:files"
nowhere = "acme_reports:nothing"
missing = "no_such_package:files"
[tool.hatch.build.targets.wheel]
packages = ["acme_reports"]
"""
LOOK = """
from microfrontends.reports.sources import packages
from microfrontends.reports.sources.live import Live
live = Live(list(packages.folders()))
import sys
faults = [(each.file, each.fault.line) for each in live.now.files if each.fault]
print(live.sources, list(live), faults, "acme_reports" in sys.modules)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Where a wheel of two reports, one of them not fit, is installed."""
    package = tmp_path / "source" / "acme_reports"
    (package / "files").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('a package of reports is not run')\n")
    (package / "files" / "people.yaml").write_text(GOOD)
    (package / "files" / "spoilt.yaml").write_text(GOOD.replace("p.name = :wanted", "p.nmae = :wanted"))
    (tmp_path / "source" / "pyproject.toml").write_text(PROJECT)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=tmp_path / "source", check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    return tmp_path / "site"


def test_a_package_brings_its_reports_and_runs_nothing(installed: Path) -> None:
    code = f"import sys; sys.path.append({str(installed)!r})\n{LOOK}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "['package acme'] ['people'] [('spoilt.yaml', 16)] False"
    assert "reports_package_has_no_folder" in found.stdout
