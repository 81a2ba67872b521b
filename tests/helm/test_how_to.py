"""The how-to's own commands and values are such as the programs know."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bff.change.cli import audit
from bff.identity.cli import assertions
from bff.journeys.people import read_people
from tests.helm.conftest import EXAMPLES, ROOT, Run
from tests.parts import go

PAGE = (ROOT / "docs/how-to/deploy-with-helm.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
VALUES = [text for kind, text in BLOCKS if kind == "yaml" and "users:" not in text]


def test_the_keys_are_made_by_the_commands_of_the_page(tmp_path: Path) -> None:
    made = tmp_path / "keys.json"
    assert "bizops assertions new-key" in PAGE
    assert CliRunner().invoke(assertions, ["new-key", str(made)]).exit_code == 0
    assert "bizops audit new-key" in PAGE
    other = tmp_path / "audit.json"
    assert CliRunner().invoke(audit, ["new-key", str(other)]).exit_code == 0
    assert made.exists()
    assert other.exists()


@pytest.mark.parametrize("text", VALUES)
def test_values_of_the_page_are_fit_beside_those_to_start_from(helm: Run, text: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(text)
    done = helm("template", "portal", [EXAMPLES / "production.yaml", file])
    assert done.returncode == 0, done.stderr


def test_people_to_walk_as_are_written_as_the_page_says(tmp_path: Path) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "yaml" and "users:" in text]
    file = tmp_path / "people.yaml"
    file.write_text(text)
    assert [(each.username, set(each.roles)) for each in read_people(str(file))] == [
        ("test-operator", {"operator"}),
        ("test-auditor", {"audit"}),
    ]


def test_a_strangers_app_installs_as_the_page_says(charts: Path) -> None:
    (line,) = re.findall(r"helm install hello helm/microfrontend (.*)", PAGE)
    command = [go.program("helm"), "template", "hello", str(charts / "microfrontend"), *line.split()]
    done = subprocess.run(
        [*command, "--kube-version", "1.30.0"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    names = {(each["kind"], each["metadata"]["name"]) for each in yaml.safe_load_all(done.stdout) if each}
    assert ("Deployment", "hello-hello") in names
