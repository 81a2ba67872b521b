"""A port or a folder that is taken is one clear sentence, never a traceback."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.up import Problem, free_base_port
from sandbox.up.folder import empty, held
from sandbox.up.ports import is_free, ports_from, require_free


@pytest.fixture
def base() -> Iterator[int]:
    """Ports of which the provider's is taken, by this test."""
    base = free_base_port()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", ports_from(base)["provider"]))
        taken.listen()
        yield base


def test_the_sentence_names_the_port_its_use_its_holder_and_the_remedy(base: int) -> None:
    with pytest.raises(Problem) as caught:
        require_free(base)
    sentence = str(caught.value)
    assert sentence.startswith(f"Port {base + 1}, which the OpenID provider needs, is in use")
    assert f"(process {os.getpid()})" in sentence
    other = re.search(r"PORT=(\d+)", sentence)
    assert other
    assert all(is_free(port) for port in ports_from(int(other[1])).values())
    assert "\n" not in sentence


def test_free_ports_raise_nothing() -> None:
    require_free(free_base_port())


def test_the_command_says_it_in_one_line_and_exits_with_one(base: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.up", "--port", str(base)]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=20)
    assert said.returncode == 1
    assert said.stderr.startswith(f"Port {base + 1}, which")
    assert len(said.stderr.splitlines()) == 1


def test_a_folder_serves_one_portal_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(Problem, match=rf"already runs on .* \(process {os.getpid()}\)"), held(tmp_path):
        pass
    with held(tmp_path):
        assert (tmp_path / "up.lock").exists()


def test_a_fresh_start_forgets_everything(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "shell.log").touch()
    (tmp_path / "access.db").touch()
    with held(tmp_path):
        empty(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["up.lock"]
