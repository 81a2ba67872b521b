"""Our own apps, as they run, keep every clause of the contract that strangers' apps are asked to keep."""

import json
import subprocess
import sys

import pytest

from sandbox.up import Stack

CHECK = (sys.executable, "-c", "from bff.cli import main; main()", "check")


@pytest.mark.parametrize("name", ["settlement", "reports", "users"])
def test_an_app_keeps_the_contract(stack: Stack, name: str) -> None:
    shell = ("--shell", stack.base_url, "--keys", str(stack.plan.assertion_keys))
    told = subprocess.run(
        [*CHECK, stack.urls[name], "--name", name, *shell, "--json"], capture_output=True, text=True, check=False
    )
    report = json.loads(told.stdout)
    broken = {each["id"]: each["seen"] for each in report["clauses"] if each["verdict"] in ("fails", "not run")}
    assert broken == {}
    assert told.returncode == 0
    assert len([each for each in report["clauses"] if each["verdict"] == "ok"]) >= 50
