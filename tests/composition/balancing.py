"""Replicas as processes, and a balancer in front of them that gives new connections to those that are ready."""

import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.request import urlopen

HOST, PIECE = "127.0.0.1", 64 * 1024


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@dataclass
class Part:
    """One process of an app."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.composition.part", self.name, str(self.port), str(self.folder)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def until_ready(self) -> None:
        until = time.monotonic() + 90
        while not self.ready:
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def told_to_end(self) -> None:
        """As a rolling upgrade tells it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def replaced(self) -> None:
        """Once it has ended, another one stands in its place."""
        assert self.process is not None
        assert self.process.wait(90) == 0
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}-{self.port}.log"

    @property
    def ready(self) -> bool:
        """What a balancer asks."""
        with suppress(OSError), urlopen(f"http://{HOST}:{self.port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


class Balancer:
    """Passes connections on, byte by byte; who is ready is looked at ten times a second."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts, self._chosen, self._turn = parts, [part.port for part in parts], count()
        self._over = threading.Event()
        self._listening = socket.create_server((HOST, 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._look, self._accept)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(10)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self._chosen = [part.port for part in self.parts if part.ready] or self._chosen

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                coming, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(coming,), daemon=True).start()

    def _pass_on(self, coming: socket.socket) -> None:
        chosen = self._chosen
        address = HOST, chosen[next(self._turn) % len(chosen)]
        with coming, suppress(OSError), socket.create_connection(address) as going:
            back = threading.Thread(target=_pump, args=(going, coming), daemon=True)
            back.start()
            _pump(coming, going)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
