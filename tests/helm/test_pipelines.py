"""The pipelines and the Argo CD application name what there is, and a linter finds nothing in them."""

import os
import re
import subprocess
import tomllib
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


def test_wheel_and_charts_are_of_one_version_which_the_release_holds_against_its_tag() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for path in (ROOT / "helm").glob("*/Chart.yaml"):
        chart = yaml.safe_load(path.read_text("utf-8"))
        assert (chart["version"], chart["appVersion"]) == (version, version), path
        assert {each["version"] for each in chart.get("dependencies", ())} <= {version}, path
    release = yaml.safe_load((ROOT / ".github/workflows/release.yaml").read_text("utf-8"))
    (check,) = [step["run"] for step in release["jobs"]["version"]["steps"] if "run" in step]
    for tag, code in ((f"v{version}", 0), ("v99.0.0", 1)):
        held = subprocess.run(["bash", "-c", check], cwd=ROOT, env={"GITHUB_REF_NAME": tag, "PATH": os.environ["PATH"]})
        assert held.returncode == code


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_sets_values_and_runs_targets_that_there_are(path: Path) -> None:
    text = path.read_text("utf-8")
    targets = set(re.findall(r"\bmake ([a-z0-9]+)", text))
    assert targets <= set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    values = yaml.safe_load((ROOT / "helm/portal/values.yaml").read_text("utf-8"))
    for name in re.findall(r"--set \"?([\w.]+)=", text):
        found = values
        for part in name.split("."):
            assert part in found, name
            found = found[part]


def test_the_argo_cd_application_deploys_a_chart_that_there_is() -> None:
    told = yaml.safe_load((ROOT / "helm/argocd/application.yaml").read_text("utf-8"))
    first, values = told["spec"]["sources"]
    assert (ROOT / first["path"] / "Chart.yaml").exists()
    assert first["helm"]["valueFiles"] == [f"${values['ref']}/portal.yaml"]
