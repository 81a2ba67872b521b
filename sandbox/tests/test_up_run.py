"""The whole portal from one command: it says where it is and who can sign in, and Ctrl-C leaves nothing behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.processes import command_lines
from sandbox.tests.relying_party import call
from sandbox.up import free_base_port
from sandbox.up.ports import require_free


def said_until_ready(running: subprocess.Popen[str]) -> Iterator[str]:
    assert running.stdout is not None
    for line in running.stdout:
        yield line
        if "Ctrl-C" in line:
            return


@pytest.mark.timeout(180)
def test_one_command_runs_everything_and_ctrl_c_stops_it(tmp_path: Path) -> None:
    base = free_base_port()
    command = [sys.executable, "-m", "sandbox.up", "--port", str(base)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            said = "".join(said_until_ready(running))
            assert f"http://localhost:{base} " in said, said
            assert "ravi     DFSP reconciliation reports, payerfsp" in said
            assert "Password of each: bizops" in said
            to_sign_in = call("GET", f"http://localhost:{base}/", headers={"Accept": "text/html"})
            assert to_sign_in.headers["Location"].startswith("/auth/login")
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
    assert [line for line in command_lines() if str(tmp_path) in line] == []
    require_free(base)
    for log in (tmp_path / "var" / "log").glob("*.log"):
        assert "Traceback" not in log.read_text()
