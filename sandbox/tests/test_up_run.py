"""When a process of a running portal dies, `bizops up` says so and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.processes import with_words
from sandbox.up import free_base_port
from sandbox.up.ports import ports_from, require_free


def said_until_ready(running: subprocess.Popen[str]) -> Iterator[str]:
    assert running.stdout is not None
    for line in running.stdout:
        yield line
        if "Ctrl-C" in line:
            return


@pytest.mark.timeout(180)
def test_the_end_of_one_process_is_said_in_a_sentence_and_ends_the_others(tmp_path: Path) -> None:
    base = free_base_port()
    command = [sys.executable, "-m", "sandbox.up", "--port", str(base)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        said = "".join(said_until_ready(running))
        assert f"http://localhost:{base} " in said, said
        assert "ravi     DFSP reconciliation reports, payerfsp" in said
        os.kill(min(with_words(f"--port {ports_from(base)['reports']}")), signal.SIGKILL)
        assert running.stdout is not None
        rest = running.stdout.read()
        assert running.wait(30) == 1
    assert re.search(r"^reports was killed by signal 9\. The end of .*reports\.log:$", rest, re.MULTILINE)
    assert "Everything else has been stopped." in rest
    assert "Traceback" not in rest
    assert with_words(str(tmp_path)) == []
    require_free(base)
