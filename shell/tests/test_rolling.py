"""Two replicas of an app are restarted one after the other under load, and no request is lost."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from bff.identity.tests.conftest import free_port
from shell.client import Client
from shell.connections import Address, Origin, Pool, Resolver
from shell.deadlines import Steps
from shell.messages import Body, Reply, Request, UpstreamError
from shell.tests.upstreams import fetch_from

HOST, REPLICAS, THREADS = "127.0.0.1", 2, 4


@dataclass
class Replica:
    """One process at an address of its own."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def origin(self) -> Origin:
        return Origin("http", HOST, self.port)

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "shell.tests.replica", HOST, str(self.port), str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def restart(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        self.start()
        self.wait_until(ready=True)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    @property
    def ready(self) -> bool:
        """What a balancer asks."""
        outcome = fetch_from(self.origin, "/health/ready")
        return isinstance(outcome, Reply) and outcome.status == 200

    def wait_until(self, *, ready: bool) -> None:
        until = time.monotonic() + 30
        while self.ready is not ready:
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.05)


@dataclass
class Balancer(Resolver):
    """The addresses of those replicas that are ready, as a cluster's service has them: looked at ten times a second."""

    replicas: list[Replica]
    chosen: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()
        self.chosen = [replica.port for replica in self.replicas]

    def look(self) -> None:
        while not self.over.wait(0.1):
            self.chosen = [replica.port for replica in self.replicas if replica.ready] or self.chosen

    def addresses(self, origin: Origin) -> Steps[list[Address]]:
        yield from ()
        return [(socket.AF_INET, (HOST, port)) for port in self.chosen]


@pytest.fixture(scope="module")
def balancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    """Two replicas behind a name."""
    replicas = [Replica(free_port(), tmp_path_factory.mktemp("replica")) for _ in range(REPLICAS)]
    made = Balancer(replicas)
    watching = threading.Thread(target=made.look)
    try:
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.wait_until(ready=True)
        watching.start()
        yield made
    finally:
        made.over.set()
        if watching.is_alive():
            watching.join()
        made.close()
        for replica in replicas:
            replica.stop()


def post(client: Client, origin: Origin) -> Reply | UpstreamError:
    request = Request(origin, "/work", method="POST", body=Body(BytesIO(b"a=1"), 3))
    try:
        answer = client.stream(request, seconds=10, stall=10, patience=1)
        return Reply(answer.head.status, answer.head.headers, answer.read())
    except UpstreamError as failure:
        return failure


def test_no_request_is_lost_while_replicas_are_restarted_one_after_the_other(balancer: Balancer) -> None:
    origin = Origin("http", "alpha", 80)
    client, over = Client(Pool(resolver=balancer)), threading.Event()
    outcomes: list[Reply | UpstreamError] = []

    def load() -> None:
        while not over.is_set():
            outcomes.append(client.fetch_many([Request(origin, "/work")], 10)[0])
            outcomes.append(post(client, origin))
            over.wait(0.02)

    threads = [threading.Thread(target=load) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for replica in balancer.replicas:
        replica.restart()
    over.set()
    for thread in threads:
        thread.join()
    client.close()
    lost = [str(outcome) for outcome in outcomes if not isinstance(outcome, Reply) or outcome.status != 200]
    assert (len(outcomes) > 50, lost) == (True, [])


def test_a_process_that_is_to_stop_says_so_and_serves_on_for_a_while(balancer: Balancer) -> None:
    replica = balancer.replicas[0]
    assert replica.process is not None
    replica.process.send_signal(signal.SIGTERM)
    replica.wait_until(ready=False)
    outcome = fetch_from(replica.origin, "/work")
    assert isinstance(outcome, Reply)
    assert outcome.body == b"done"
    assert replica.process.wait(30) == 0
