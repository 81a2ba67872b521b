"""Objects take effect as a set or not at all, each is told what became of it, and nothing is written twice."""

import copy
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from bff.access import files
from bff.access.assignments import SqlAssignments
from bff.change import policy
from bff.contract.resources import kinds
from bff.contract.vocabularies import vocabularies
from bff.database import upgrade
from bff.kubernetes import Cluster
from bff.operator.cli import operator
from bff.operator.operator import Operator
from bff.operator.tests.api_server import MAPS, SmallApi

TARGET = "portal-roles"
Start = Callable[..., Operator]


def eventually(true: Callable[[], object], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(true())


def role(name: str, *permissions: str, **more: Any) -> dict[str, Any]:
    spec = {"role": name, "permissions": list(permissions), **more}
    return {"apiVersion": "mojaloop.io/v1", "kind": "MojaloopRole", "metadata": {"name": name.lower()}, "spec": spec}


def exclusion(name: str, side_a: str, side_b: str) -> dict[str, Any]:
    spec = {"permissionsA": [side_a], "permissionsB": [side_b]}
    return {"kind": "MojaloopPermissionExclusions", "metadata": {"name": name}, "spec": spec}


def report(name: str, sql: str = "SELECT p.name FROM participant p") -> dict[str, Any]:
    spec = {"scope": "hub", "endpoint": {"path": f"/{name}"}, "queries": [{"name": "rows", "query": sql}]}
    return {"kind": "MojaloopReport", "metadata": {"name": name}, "spec": spec}


VIEWER = role("viewer", "shell:audit:view")
KEEPER = role("keeper", "users:role:view")


@pytest.fixture
def api() -> Iterator[SmallApi]:
    with SmallApi() as running:
        yield running


@pytest.fixture
def start(api: SmallApi) -> Iterator[Start]:
    begun: list[tuple[Operator, threading.Thread]] = []

    def begin(store: SqlAssignments | None = None) -> Operator:
        made = Operator(Cluster(api.url, namespace="hub"), TARGET, tuple(kinds()), vocabularies(), store)
        thread = threading.Thread(target=made.run)
        thread.start()
        begun.append((made, thread))
        return made

    yield begin
    for made, thread in begun:
        made.stop()
        thread.join()


def phase(api: SmallApi, kind: str, name: str) -> str:
    return str(api.status(kind, name).get("phase", ""))


def book_of(api: SmallApi, folder: Path) -> files.RoleBook:
    """What an app reads from the published ConfigMap."""
    for name, text in api.maps[TARGET].items():
        (folder / name).write_text(text, "utf-8")
    return files.load(folder)


def test_before_anybody_writes_a_role_the_standard_ones_are_handed_to_the_apps(
    api: SmallApi, start: Start, tmp_path: Path
) -> None:
    start()
    assert eventually(lambda: TARGET in api.maps)
    assert book_of(api, tmp_path) == files.load()
    assert policy.load(tmp_path) == policy.load()


def test_the_standard_set_as_objects_is_published_and_every_object_is_told_so(
    api: SmallApi, start: Start, tmp_path: Path
) -> None:
    documents = [
        each for path in sorted(files.STANDARD.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())
    ]
    for document in documents:
        api.write(document)
    start()
    assert eventually(
        lambda: all(phase(api, each["kind"], each["metadata"]["name"]) == "VALIDATED" for each in documents)
    )
    assert book_of(api, tmp_path).roles == files.load().roles
    assert policy.load(tmp_path).rules == policy.load().rules
    status = api.status("MojaloopRole", "operator")
    assert (status["message"], status["observedGeneration"]) == ("", 1)
    assert status["time"].endswith("Z")


def test_an_unfit_object_is_told_why_and_what_was_in_force_stays(api: SmallApi, start: Start, tmp_path: Path) -> None:
    api.write(VIEWER)
    start()
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "VALIDATED")
    before = dict(api.maps[TARGET])
    wrong = copy.deepcopy(VIEWER)
    wrong["spec"]["permissions"] = ["shell:audit:veiw"]
    api.write(wrong)
    api.write(KEEPER)
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "INVALID")
    assert eventually(lambda: phase(api, "MojaloopRole", "keeper") == "WAITING")
    said = api.status("MojaloopRole", "viewer")
    assert said["message"] == "role viewer: there is no shell:audit:veiw; did you mean shell:audit:view?"
    assert said["observedGeneration"] == 2
    assert api.maps[TARGET] == before
    api.write(VIEWER)
    assert eventually(lambda: phase(api, "MojaloopRole", "keeper") == "VALIDATED")
    assert set(book_of(api, tmp_path).roles) == {"viewer", "keeper"}


def test_a_field_that_nobody_knows_makes_an_object_unfit_by_name(api: SmallApi, start: Start) -> None:
    api.write(role("viewer", "shell:audit:view", scoep="participant"))
    start()
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "INVALID")
    message = api.status("MojaloopRole", "viewer")["message"]
    assert message.startswith("mojalooprole-viewer.yaml: spec: ")
    assert "'scoep' was unexpected" in message
    assert TARGET not in api.maps


def test_an_exclusion_is_checked_against_who_holds_what_today(api: SmallApi, start: Start, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'access.db'}"
    upgrade(url, "bff.access:migrations")
    store = SqlAssignments(url)
    for name in ("viewer", "keeper"):
        store.assign("u-1", name, "a test")
    api.write(VIEWER)
    api.write(KEEPER)
    start(store)
    assert eventually(lambda: phase(api, "MojaloopRole", "keeper") == "VALIDATED")
    api.write(exclusion("apart", "shell:audit:view", "users:role:view"))
    kind = "MojaloopPermissionExclusions"
    assert eventually(lambda: phase(api, kind, "apart") == "INVALID")
    assert "u-1 would hold shell:audit:view and users:role:view" in api.status(kind, "apart")["message"]
    assert len(api.maps[TARGET]) == 2


def test_roles_that_are_all_deleted_leave_in_force_what_was(api: SmallApi, start: Start) -> None:
    api.write(VIEWER)
    start()
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "VALIDATED")
    before = dict(api.maps[TARGET])
    api.shelves["MojaloopRole"].remove("viewer")
    api.write(report("all-people"))
    assert eventually(lambda: phase(api, "MojaloopReport", "all-people") == "VALIDATED")
    assert api.maps[TARGET] == before


def test_a_report_is_told_its_line_and_that_its_path_is_taken(api: SmallApi, start: Start) -> None:
    api.write(report("all-people"))
    api.write(report("misspelt", "SELECT p.nmae FROM participant p"))
    taken = report("other-people")
    taken["spec"]["endpoint"]["path"] = "/all-people"
    api.write(taken)
    start()
    assert eventually(lambda: phase(api, "MojaloopReport", "misspelt") == "INVALID")
    assert eventually(lambda: phase(api, "MojaloopReport", "other-people") == "INVALID")
    assert api.status("MojaloopReport", "misspelt")["message"].startswith("misspelt.yaml:")
    assert "already that of all-people.yaml" in api.status("MojaloopReport", "other-people")["message"]
    assert phase(api, "MojaloopReport", "all-people") == "VALIDATED"


def test_what_is_said_already_is_not_said_again(api: SmallApi, start: Start) -> None:
    api.write(VIEWER)
    running = start()
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "VALIDATED")
    api.write(report("all-people"))  # an event later, every earlier one has been taken
    assert eventually(lambda: phase(api, "MojaloopReport", "all-people") == "VALIDATED")
    running.reconcile()
    assert eventually(lambda: api.patches.count(f"{MAPS}{TARGET}") == 1)
    assert sum(path.endswith("/viewer/status") for path in api.patches) == 1


def test_an_operator_that_could_not_write_does_so_later(api: SmallApi, start: Start) -> None:
    api.broken = True
    api.write(VIEWER)
    start()
    api.broken = False
    api.write(KEEPER)
    assert eventually(lambda: phase(api, "MojaloopRole", "keeper") == "VALIDATED")
    assert eventually(lambda: phase(api, "MojaloopRole", "viewer") == "VALIDATED")


def test_the_command_runs_until_it_is_told_to_stop(api: SmallApi, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    words = ["operator", "--roles", TARGET, "--api", api.url, "--namespace", "hub", "--beat", str(beat)]
    command = [sys.executable, "-c", "from bff.cli import main; main()", *words]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BIZOPS_")}
    with subprocess.Popen(command, env=environment) as running:
        try:
            assert eventually(lambda: TARGET in api.maps and beat.exists(), 60)
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(90) == 0


def test_outside_of_a_cluster_the_command_says_so() -> None:
    nowhere = {"KUBERNETES_SERVICE_HOST": None, "BIZOPS_ACCESS_DATABASE_URL": None}
    done = CliRunner().invoke(operator, ["--roles", TARGET], env=nowhere)
    assert done.exit_code == 1
    assert "this process runs in no cluster" in done.output
