"""The pipelines and the Argo CD application name what there is, and a linter finds nothing in them."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bff.contract.vocabularies import apps
from tests.helm.conftest import ROOT
from tests.parts import go

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
PATHS = re.compile(r"(?<![\w./-])((?:helm|tests|roles|images)/[\w./-]+)")


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    command = [go.program("actionlint"), "-no-color", *map(str, WORKFLOWS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_files_that_there_are(path: Path) -> None:
    steps = "\n".join(line for line in path.read_text("utf-8").splitlines() if "uses:" not in line)
    named = set(PATHS.findall(steps))
    assert [name for name in sorted(named) if not (ROOT / name.rstrip("/")).exists()] == []


def test_every_deployable_is_built_and_released() -> None:
    expected = {name for name, _ in apps()} - {"hello"} | {"sandbox"}
    release = yaml.safe_load((ROOT / ".github/workflows/release.yaml").read_text("utf-8"))
    charts = yaml.safe_load((ROOT / ".github/workflows/charts.yaml").read_text("utf-8"))
    assert set(release["jobs"]["images"]["strategy"]["matrix"]["deployable"]) == expected
    assert set(charts["env"]["DEPLOYABLES"].split()) == expected


def test_the_argo_cd_application_deploys_a_chart_that_there_is() -> None:
    told = yaml.safe_load((ROOT / "helm/argocd/application.yaml").read_text("utf-8"))
    first, values = told["spec"]["sources"]
    assert (ROOT / first["path"] / "Chart.yaml").exists()
    assert first["helm"]["valueFiles"] == [f"${values['ref']}/portal.yaml"]
