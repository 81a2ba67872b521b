"""Our own apps, as they run, keep every clause of the contract that strangers' apps are asked to keep."""

import json
import subprocess
import sys
from typing import Any

import pytest

from sandbox.up import Stack

CHECK = (sys.executable, "-c", "from bff.cli import main; main()", "check")
APPS = ("settlement", "reports", "users")
# How fast a slot is on a machine that does much else at the time says nothing of the app.
UNTOLD = "offers.deadline"


@pytest.fixture(scope="module")
def reports(stack: Stack) -> dict[str, Any]:
    """What `bizops check` says of each app; all are checked at once."""
    shell = ("--shell", stack.base_url, "--keys", str(stack.plan.assertion_keys))
    checking = {
        name: subprocess.Popen(
            [*CHECK, stack.urls[name], "--name", name, *shell, "--json"], stdout=subprocess.PIPE, text=True
        )
        for name in APPS
    }
    return {name: json.loads(process.communicate()[0]) for name, process in checking.items()}


@pytest.mark.parametrize("name", APPS)
def test_an_app_keeps_the_contract(reports: dict[str, Any], name: str) -> None:
    clauses = reports[name]["clauses"]
    broken = {each["id"]: each["seen"] for each in clauses if each["verdict"] in ("fails", "not run")}
    broken.pop(UNTOLD, None)
    assert broken == {}
    assert reports[name]["name"] == name
    assert len([each for each in clauses if each["verdict"] == "ok"]) >= 45
