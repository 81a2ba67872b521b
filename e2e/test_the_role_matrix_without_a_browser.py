"""What `helm test` runs in a cluster, run before this portal: each role before each page, and a JUnit report."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import urllib3
import yaml
from click.testing import CliRunner

from bff.journeys.cli import journeys
from bff.journeys.matrix import READS_ONLY
from bff.journeys.walks import walks_of
from e2e import settling
from sandbox.up import Stack
from tests.figures import figure

HELM = Path(__file__).parents[1] / "helm"
APPS = ("settlement", "reports", "users")


@pytest.fixture(autouse=True)
def no_errors_in_the_console() -> None:
    """There is no browser."""


@pytest.fixture(autouse=True)
def only_the_portal() -> None:
    """Nor anything that it could ask for elsewhere."""


def walk(stack: Stack, *more: str) -> tuple[int, str]:
    apps = [word for name in APPS for word in ("--app", f"{name}={stack.urls[name]}")]
    done = CliRunner().invoke(journeys, [stack.base_url, *apps, *more])
    return done.exit_code, done.output


@pytest.mark.parametrize("name", ["shell", *APPS])
def test_an_app_answers_as_the_charts_probes_and_tests_ask(stack: Stack, name: str) -> None:
    values = yaml.safe_load(
        (HELM / ("shell" if name == "shell" else "microfrontend") / "values.yaml").read_text("utf-8")
    )
    expected = {values["probes"]["live"]: 200, values["probes"]["ready"]: 200, values["test"]["closed"]: 401}
    found = {path: urllib3.request("GET", stack.urls[name] + path, retries=False).status for path in expected}
    assert found == expected


@pytest.mark.timeout(400)
def test_everything_that_helm_test_walks_is_walked_and_nothing_is_left_out(stack: Stack, tmp_path: Path) -> None:
    settling.transfer(stack)  # nobody pays anybody in this portal, and an empty window is not closed
    file = tmp_path / "journeys.xml"
    code, said = walk(stack, "--writes", "--junit", str(file))
    assert code == 0, said
    suite = ElementTree.parse(file).getroot()  # noqa: S314
    names = [case.get("name", "") for case in suite]
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "0"), said
    assert len({case.get("classname") for case in suite}) >= 7
    assert sum(name.startswith("opens ") for name in names) > 20
    assert sum(name.startswith("is refused ") for name in names) > 10
    reports = {name for name in names if "/reports/catalogue/" in name}
    # Each report opens for somebody and is refused to somebody else.
    assert {name.removeprefix("opens ") for name in reports if name.startswith("opens ")} == {
        name.removeprefix("is refused ") for name in reports if name.startswith("is refused ")
    }
    walks = {walk.name for name in APPS for walk in walks_of(name)}
    assert walks < set(names)
    assert any("finalised by two people" in name for name in walks)
    figure("helm_test_steps_passed", f"{len(names)}/{suite.get('tests')}")


def test_what_would_change_the_hub_is_left_out_unless_it_is_allowed(stack: Stack, tmp_path: Path) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("users: [{username: ada, password: bizops, roles: [audit]}]\n")
    file = tmp_path / "journeys.xml"
    code, said = walk(stack, "--people", str(people), "--junit", str(file))
    assert code == 0, said
    left = {case.get("name"): skipped.get("message") for case in ElementTree.parse(file).getroot() for skipped in case}  # noqa: S314
    assert left["a window is closed, settled and finalised by two people"] == READS_ONLY
    assert "none of the people holds" in str(left["what a report says a window holds is what its page says"])


def test_a_role_that_grants_less_than_is_believed_is_found(stack: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "roles"
    folder.mkdir()
    (folder / "audit.yaml").write_text(
        "kind: MojaloopRole\nspec: {role: audit, permissions: [users:person:create, settlement:window:view]}\n"
    )
    people = tmp_path / "people.yaml"
    people.write_text("users: [{username: ada, password: bizops, roles: [audit]}]\n")
    code, said = walk(stack, "--people", str(people), "--roles", str(folder), "--patience", "0")
    assert code == 1
    assert "FAILED ada (audit) opens /settlement/windows: answered 403" in said


def test_a_wrong_password_fails_by_name(stack: Stack, tmp_path: Path) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("users: [{username: ada, password: wrong, roles: [audit]}]\n")
    code, said = walk(stack, "--people", str(people))
    assert code == 1
    assert "FAILED ada (audit) signs in: ada could not sign in" in said
