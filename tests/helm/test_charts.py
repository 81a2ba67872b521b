"""What the charts make of values: objects that a cluster takes, that fit together, and that can do little harm."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bff.journeys.cli import journeys as command
from bff.operator.cli import operator
from tests.figures import figure
from tests.helm.conftest import EXAMPLES, KUBERNETES, ROOT, SETS, Objects, Run, pods
from tests.parts.ran import ran

Made = Callable[[str], Objects]
NEWEST = "1.37"
# Kinds that a cluster has only where somebody has installed them, so that no schema of Kubernetes holds them.
FOREIGN = {"HTTPRoute", "ServiceMonitor"}
ALIVE = {"livenessProbe", "readinessProbe"}
every_set = pytest.mark.parametrize("name", SETS)


@every_set
def test_a_chart_passes_the_strict_linter(helm: Run, name: str) -> None:
    chart, files = SETS[name]
    done = helm("lint", chart, files, "--strict")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_cluster_takes_every_object_old_and_new(made: Made) -> None:
    valid, seen = 0, set()
    for name in SETS:
        for each in made(name):
            if each["kind"] in FOREIGN:
                continue
            versions = (KUBERNETES[:4], NEWEST) if name == "production" else (KUBERNETES[:4],)
            # Of some hundred objects a few dozen differ; to look at one takes a while.
            if (text := json.dumps(each, sort_keys=True)) not in seen:
                seen.add(text)
                for version in versions:
                    kubernetes_validate.validate(each, version, strict=True)
            valid += 1
    figure("helm_objects_validated", str(valid), "objects")
    ran("kubernetes-schemas")
    assert valid > 150


@every_set
def test_no_two_objects_are_called_alike_also_of_two_copies_of_a_chart(made: Made, name: str) -> None:
    named = Counter((each["kind"], each["metadata"]["name"]) for each in made(name))
    assert [each for each, count in named.items() if count > 1] == []


def test_each_copy_of_the_generic_chart_bears_the_name_of_its_app(made: Made) -> None:
    services = {each["metadata"]["name"]: each for each in made("production") if each["kind"] == "Service"}
    assert set(services) == {"bizops-shell", "bizops-settlement", "bizops-reports", "bizops-users"}
    label = "bizops.io/microfrontend"
    found = {name: each["metadata"]["labels"].get(label) for name, each in services.items()}
    assert found["bizops-settlement"] == "settlement"
    assert found["bizops-shell"] is None


@every_set
def test_every_pod_runs_as_nobody_and_writes_where_it_must(made: Made, name: str) -> None:
    for who, pod in pods(made(name)):
        secure = pod["securityContext"]
        assert secure["runAsNonRoot"], who
        assert secure["runAsUser"] > 1000, who
        assert secure["seccompProfile"]["type"] == "RuntimeDefault", who
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"], who
            assert not own["allowPrivilegeEscalation"], who
            assert own["capabilities"] == {"drop": ["ALL"]}, who
            assert not container["image"].endswith(":latest"), who


@every_set
def test_what_serves_is_probed_and_has_limits(made: Made, name: str) -> None:
    for each in made(name):
        if each["kind"] != "Deployment":
            continue
        (container,) = each["spec"]["template"]["spec"]["containers"]
        expected = ALIVE if container.get("ports") else {"livenessProbe"}
        assert expected <= set(container), each["metadata"]["name"]
        assert {"requests", "limits"} <= set(container["resources"])


@every_set
def test_a_budget_of_disruption_leaves_room_for_one(made: Made, name: str) -> None:
    objects = made(name)
    scaled = {
        each["metadata"]["name"]: each["spec"]["minReplicas"]
        for each in objects
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    fixed = {each["metadata"]["name"]: each["spec"].get("replicas") for each in objects if each["kind"] == "Deployment"}
    budgets = [each for each in objects if each["kind"] == "PodDisruptionBudget"]
    for each in budgets:
        called = each["metadata"]["name"]
        assert each["spec"]["minAvailable"] < (scaled.get(called) or fixed[called])
    assert bool(budgets) == (name not in ("one replica", "kind"))


@every_set
def test_a_service_finds_its_pods_alone_and_so_does_a_policy(made: Made, name: str) -> None:
    objects = made(name)
    templates = [
        each["spec"]["template"]["metadata"]["labels"] for each in objects if each["kind"] in ("Deployment", "Job")
    ]
    templates += [each["metadata"]["labels"] for each in objects if each["kind"] == "Pod"]
    for each in objects:
        if each["kind"] == "Service":
            found = [labels for labels in templates if each["spec"]["selector"].items() <= labels.items()]
            assert len(found) == 1, each["metadata"]["name"]
        if each["kind"] == "NetworkPolicy":
            wanted = each["spec"]["podSelector"]["matchLabels"].items()
            assert {"web"} <= {
                labels.get("app.kubernetes.io/component") for labels in templates if wanted <= labels.items()
            }


def test_what_runs_before_a_release_needs_nothing_that_the_release_makes(made: Made) -> None:
    for name in SETS:
        for each in made(name):
            if "pre-install" not in each["metadata"].get("annotations", {}).get("helm.sh/hook", ""):
                continue
            pod = each["spec"]["template"]["spec"]
            assert "serviceAccountName" not in pod
            assert [volume["name"] for volume in pod["volumes"] if "emptyDir" not in volume] == []


def test_whole_numbers_stay_whole_and_templates_in_settings_are_filled_in(made: Made) -> None:
    def told(objects: Objects, app: str) -> dict[str, str]:
        (pod,) = [pod for who, pod in pods(objects) if who == app]
        return {each["name"]: each.get("value", "") for each in pod["containers"][0]["env"]}

    assert told(made("stranger"), "bizops-hello")["LIMIT"] == "12000000"
    assert told(made("stranger"), "bizops-hello")["RATE"] == "0.25"
    assert told(made("production"), "bizops-reports")["BIZOPS_RUN_DAYS"] == "1000000"
    assert (
        "settlement=http://bizops-settlement:8000" in told(made("production"), "bizops-users")["BIZOPS_MICROFRONTENDS"]
    )


def test_tests_are_hooks_that_are_on_by_default(made: Made) -> None:
    hooks = [
        each for each in made("production") if each["metadata"].get("annotations", {}).get("helm.sh/hook") == "test"
    ]
    assert {each["metadata"]["name"] for each in hooks} == {
        *(f"bizops-{app}-test" for app in ("shell", "settlement", "reports", "users")),
        "bizops-journeys",
    }
    (journeys,) = [
        each["spec"]["containers"][0]["args"] for each in hooks if each["metadata"]["name"] == "bizops-journeys"
    ]
    assert journeys[:2] == ["journeys", "https://portal.example.org"]
    (image,) = [pod["containers"][0]["image"] for who, pod in pods(made("production")) if who == "bizops-journeys"]
    assert "/bizops/reports:" in image  # which can read reports, to know for whom each of them opens
    assert "--app=reports=http://bizops-reports:8000" in journeys
    assert set(journeys[2:]) == {each for each in journeys[2:] if each.startswith("--")}
    # The command itself knows these words, and no others.
    known = {name for option in command.params for name in option.opts}
    assert {each.partition("=")[0] for each in journeys[2:]} <= known


def test_only_a_deployment_that_says_so_is_written_to_and_never_one_of_production(helm: Run, made: Made) -> None:
    words = {
        name: next(pod["containers"][0]["args"] for who, pod in pods(made(name)) if who == "bizops-journeys")
        for name in ("production", "kind")
    }
    assert "--writes" not in words["production"]
    assert "--writes" in words["kind"]
    assert "--writes" in {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    chart, files = SETS["production"]
    refused = helm("template", chart, files, "--set", "test.writes=true")
    assert refused.returncode != 0
    assert "helm test would settle what is real" in refused.stderr


def test_the_operator_is_started_with_words_that_it_knows(made: Made) -> None:
    (pod,) = [pod for who, pod in pods(made("custom resources")) if who == "bizops-operator"]
    words = pod["containers"][0]["args"]
    known = {name for option in operator.params for name in option.opts}
    assert words[0] == "operator"
    assert {each for each in words if each.startswith("--")} <= known
    assert words[words.index("--roles") + 1] == "bizops-roles"
    for who, other in pods(made("custom resources")):
        volumes = [volume.get("configMap", {}).get("name") for volume in other["volumes"]]
        if who in ("bizops-shell", "bizops-users", "bizops-settlement-worker"):
            assert "bizops-roles" in volumes, who


def test_the_charts_of_one_text_are_one_text() -> None:
    generic, shell = (ROOT / "helm" / chart / "templates" for chart in ("microfrontend", "shell"))
    own = {"discovery.yaml", "gateway.yaml", "ingress.yaml", "network.yaml"}
    there = {path.relative_to(shell) for path in shell.rglob("*") if not path.is_dir()}
    assert {str(path) for path in there if not (shell / path).is_symlink()} == own
    shared = {path.relative_to(generic) for path in generic.rglob("*") if not path.is_dir()}
    assert shared - {Path("worker.yaml")} | {Path(name) for name in own} == there  # the shell has no worker


def test_what_the_examples_take_for_granted_is_fit_for_a_cluster() -> None:
    for each in yaml.safe_load_all((EXAMPLES / "kind-parts.yaml").read_text("utf-8")):
        kubernetes_validate.validate(each, KUBERNETES[:4], strict=True)
    (secret,) = [
        each
        for each in yaml.safe_load_all((EXAMPLES / "kind-parts.yaml").read_text("utf-8"))
        if each["kind"] == "Secret"
    ]
    clients: list[dict[str, Any]] = json.loads(secret["stringData"]["clients.json"])
    assert {each["client_id"] for each in clients} == {"shell", "settlement", "reports", "users"}
