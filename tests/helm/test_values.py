"""Values are spelt as the settings are, secrets come by reference, and what is misspelt is refused."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bff.contract import charts
from bff.contract.vocabularies import apps
from bff.settings import PREFIX, Settings
from tests.helm.conftest import EXAMPLES, ROOT, SETS, Objects, Run, pods

HELM = ROOT / "helm"
KINDS = {name: charts.settings_of(package) for name, package in apps()}
PRODUCTION = [EXAMPLES / "production.yaml"]
SCHEMA = json.loads((HELM / "portal" / "values.schema.json").read_text("utf-8"))["properties"]
MISSPELT = [
    ("portal", "settlement.settings.BIZOPS_TIME_ZON=UTC"),
    ("portal", "settlement.replica=2"),
    ("portal", "global.setings.BIZOPS_TIME_ZONE=UTC"),
    ("portal", "global.settings.BIZOPS_CLOSE_SCHEDULE=/x"),
    ("portal", "settlements.enabled=true"),
    ("portal", "operator.enable=true"),
    ("portal", "users.name=people"),
    ("portal", "shell.ingress.clasName=nginx"),
    ("portal", "reports.image.tags=1"),
    ("shell", "settings.BIZOPS_DISCOVERRY=kubernetes"),
    ("microfrontend", "autoscaling.max=3"),
    ("microfrontend", "settings.lower=3"),
]
PLAIN_SECRETS = [
    ("portal", "global.settings.BIZOPS_REDIS_URL=redis://x"),
    ("portal", "settlement.settings.BIZOPS_OIDC_CLIENT_SECRET=x"),
    ("portal", "settlement.secrets.BIZOPS_OIDC_CLIENT_SECRET=x"),
    ("portal", "reports.settings.BIZOPS_HUB_DATABASE_URL=mysql://x"),
    ("shell", "settings.BIZOPS_OIDC_CLIENT_SECRET=x"),
    ("microfrontend", "settings.BIZOPS_DATABASE_URL=x"),
]


@pytest.mark.parametrize(("chart", "wrong"), MISSPELT + PLAIN_SECRETS)
def test_a_misspelt_key_and_a_secret_in_the_open_are_refused(helm: Run, chart: str, wrong: str) -> None:
    files = next(files for of, files in SETS.values() if of == chart)
    done = helm("template", chart, files, "--set", wrong)
    assert done.returncode != 0
    # Helm says where, down to what is wrong.
    assert any(part in done.stderr for part in wrong.partition("=")[0].split("."))


@pytest.mark.parametrize("app", KINDS)
def test_an_apps_values_are_exactly_its_settings(app: str) -> None:
    part = SCHEMA[app]["properties"]
    fields = {PREFIX + item.name.upper(): item for item in dataclasses.fields(KINDS[app])}
    secret = {name for name, item in fields.items() if item.metadata["secret"]}
    the_charts = {PREFIX + name.upper() for name in charts.THE_CHARTS}
    assert set(part["secrets"]["properties"]) == secret
    assert set(part["settings"]["properties"]) == set(fields) - secret - the_charts
    assert not part["settings"]["additionalProperties"]
    assert not part["secrets"]["additionalProperties"]


def test_what_is_said_once_is_what_several_apps_know() -> None:
    once = {*SCHEMA["global"]["properties"]["settings"]["properties"]}
    for name in once:
        assert sum(name.removeprefix(PREFIX).lower() in _names(kind) for kind in KINDS.values()) > 1
    assert f"{PREFIX}TIME_ZONE" in once
    assert f"{PREFIX}SHELL_URL" not in once  # the shell trusts no shell


def _names(kind: type[Settings]) -> set[str]:
    return {item.name for item in dataclasses.fields(kind)}


@pytest.mark.parametrize("name", ["production", "custom resources", "files", "kind"])
@pytest.mark.parametrize("app", KINDS)
def test_an_app_starts_with_what_the_chart_tells_it(
    made: Callable[[str], Objects], name: str, app: str, tmp_path: Path
) -> None:
    (pod,) = [pod for who, pod in pods(made(name)) if who == f"bizops-{app}"]
    told = {each["name"]: each.get("value", "a-secret") for each in pod["containers"][0]["env"]}
    told["BIZOPS_CLOSE_SCHEDULE"] = ""  # a file that the volume brings
    settings = KINDS[app].from_environment(told)
    assert settings.base_url == told["BIZOPS_BASE_URL"]


def test_the_schemas_and_the_page_of_values_are_as_the_code_has_them() -> None:
    for path, text in charts.schemas(HELM).items():
        assert (HELM / path).read_text("utf-8") == text, "run `make docs`"
    assert (ROOT / "docs/reference/helm-values.md").read_text("utf-8") == charts.page(HELM), "run `make docs`"


def test_a_volume_serves_one_replica(helm: Run) -> None:
    _, files = SETS["stranger"]
    done = helm("template", "microfrontend", files, "--set", "state.size=1Gi")
    assert "a volume serves one replica" in done.stderr


def test_keys_that_would_be_lost_with_a_pod_are_asked_for(helm: Run) -> None:
    said = helm("template", "portal", PRODUCTION, "--set", "settlement.files.audit.setting=OTHER").stderr
    assert "settlement: the keys that sign its audit would be lost with the pod" in said
    _, files = SETS["shell alone"]
    assert (
        "each pod would sign with keys of its own"
        in helm("template", "shell", files, "--set", "files.keys.setting=OTHER").stderr
    )


def test_roles_come_from_files_or_from_objects_not_from_both(helm: Run) -> None:
    files = [*PRODUCTION, EXAMPLES / "files.yaml", EXAMPLES / "custom-resources.yaml"]
    assert "not from both" in helm("template", "portal", files).stderr
    assert (
        "needs operator.enabled"
        in helm("template", "portal", PRODUCTION, "--set", "global.customResources=true").stderr
    )


def test_a_setting_stands_in_one_place(helm: Run) -> None:
    _, files = SETS["stranger"]
    done = helm("template", "microfrontend", files, "--set", "settings.TOKEN=x")
    assert "TOKEN stands among the settings and among the secrets" in done.stderr
