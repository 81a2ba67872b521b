"""A rehearsal of docs/how-to/restore.md, by its own commands: lose a database, put it back, and go on."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
import time_machine
from click.testing import CliRunner

from bff.access.tests import real_postgresql
from bff.change.audit_table import MIGRATIONS
from bff.change.audit_watch import Watch
from bff.change.states import State
from bff.change.tests import real_mariadb
from bff.change.tests.auditing import fill, whole
from bff.change.tests.garden import make_app
from bff.change.tests.scene import Scene
from bff.change.verify import Fault
from bff.cli import main
from bff.database import engine_for, upgrade
from shell.witness import Claim, Witness
from shell.witness import Fault as Contradiction
from tests.messages import ROOT

PAGE = ROOT / "docs" / "how-to" / "restore.md"
SERVERS = {"PostgreSQL": real_postgresql.running, "MariaDB": real_mariadb.running}


def command(heading: str) -> str:
    """The command that the page gives under a heading."""
    found = re.search(rf"^### {heading}\n.*?```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


@dataclass
class Base:
    """A database, what the page's commands need to know of it, and how it is lost."""

    kind: str
    url: str
    told: dict[str, str]
    lose: Callable[[], None]

    def run(self, heading: str, file: Path) -> None:
        """Do what the page says."""
        engine_for(self.url).dispose()
        environ = os.environ | self.told | {"FILE": str(file)}
        environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"], "/usr/sbin"])
        done = subprocess.run(
            ["bash", "-ec", command(heading)], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def back_up(self, file: Path) -> None:
        self.run(self.kind, file)

    def restore(self, file: Path) -> None:
        again = {"SQLite": "SQLite again"}.get(self.kind, f"Into an empty {self.kind}")
        self.run(again, file)


def on_a_server(kind: str, url: str) -> Base:
    """The portal's database on a real server."""
    parts = urlsplit(url)
    port = int(parts.port or 0)

    def lose_postgresql() -> None:
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/template1", autocommit=True) as line:
            line.execute("DROP DATABASE IF EXISTS portal WITH (FORCE)")
            line.execute("CREATE DATABASE portal")

    def lose_mariadb() -> None:
        line = pymysql.connect(host="127.0.0.1", port=port, user="root")
        line.cursor().execute("DROP DATABASE portal")
        line.cursor().execute("CREATE DATABASE portal CHARACTER SET utf8mb4")
        line.close()

    if kind == "MariaDB":
        login = {"LOGIN": f"--no-defaults --protocol=tcp --host=127.0.0.1 --port={port} --user=root", "NAME": "portal"}
        return Base(kind, url, login, lose_mariadb)
    lose_postgresql()
    own = f"{url.rpartition('/')[0]}/portal"
    return Base(kind, own, {"DATABASE": own.replace("+psycopg", "")}, lose_postgresql)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Base]:
    """One that can be lost, with the tables of requests and of the audit."""
    if kind == "SQLite":
        place = folder / "garden.db"

        def lose() -> None:
            for each in folder.glob("garden.db*"):
                each.unlink()

        url = f"sqlite:///{place}"
        made = Base(kind, url, {"APP": "settlement", "PLACE": str(place), "BIZOPS_DATABASE_URL": url}, lose)
        upgrade(made.url, MIGRATIONS)
        yield made
        engine_for(url).dispose()
        return
    with SERVERS[kind]() as server:
        made = on_a_server(kind, server)
        upgrade(made.url, MIGRATIONS)
        yield made
        engine_for(made.url).dispose()


def opened(folder: Path, base: Base) -> Scene:
    """The garden as a process sees it that starts now."""
    return Scene(*make_app(folder, url=base.url))


def verified(scene: Scene) -> Fault | None:
    """What the running app says of its audit."""
    watch: Watch = scene.app.extensions["portal_audit_watch"]
    finding = watch.look(scene.audit.head()).finding
    return finding.fault if finding else None


def claim(scene: Scene, since: int = 0) -> Claim:
    """What the app tells the shell of its audit."""
    head = scene.audit.head()
    assert head
    steps = scene.audit.consistency(since, head.size) if since else None
    proof = None if steps is None else tuple(bytes.fromhex(step) for step in steps)
    return Claim(head, scene.audit.keys.now().document, proof)


def seen_by(witness: Witness, scene: Scene) -> Contradiction | None:
    """What a shell makes of the app's audit as it is now."""
    before = witness.seen("garden")
    return witness.hear("garden", claim(scene, before.head.size if before else 0), before).fault


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[list[Witness]]:
    """Two shells' databases."""
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("earlier", "later")]
    for url in urls:
        upgrade(url, "shell:migrations")
    yield [Witness(url) for url in urls]
    for url in urls:
        engine_for(url).dispose()


@dataclass
class Lost:
    """What was in a garden whose database is gone: requests decided on after the backup, during it, and made later."""

    base: Base
    folder: Path
    pending: str
    begun: str
    late: str

    def restored(self) -> Scene:
        """The garden as it opens over the backup."""
        self.base.restore(self.folder / "dump")
        return opened(self.folder, self.base)


def lost(folder: Path, base: Base, earlier: Witness, later: Witness) -> Lost:
    """Work, back up in the midst of a change, go on, and lose the database.

    `earlier`: the shell's database as it was backed up before the app's; `later`: one that was not lost.
    """
    scene = opened(folder, base)
    for number in (1, 2, 3):
        scene.gates.put(number)
    pending = scene.ask("greta")
    fill(scene.audit, 20)
    assert seen_by(earlier, scene) is None
    begun = asked_for_gate(scene, 2)
    # The hub does it, and the backup has it only as begun.
    scene.gates.at = lambda step: base.back_up(folder / "dump") if step == "before the hub" else None
    assert scene.decide("wanda", begun).status_code == 303
    scene.gates.at = lambda step: None
    scene.decide("wanda", pending)
    late = asked_for_gate(scene, 3)
    assert (scene.state(begun), scene.state(pending), scene.gates.sent) == (State.DONE, State.DONE, 2)
    assert (verified(scene), seen_by(later, scene)) == (None, None)
    base.lose()
    return Lost(base, folder, pending, begun, late)


@pytest.mark.parametrize("kind", ["PostgreSQL", "MariaDB", "SQLite"])
def test_a_lost_database_is_put_back_and_nothing_is_done_twice(
    kind: str, tmp_path: Path, witnesses: list[Witness]
) -> None:
    earlier, later = witnesses
    with database(kind, tmp_path) as base:
        was = lost(tmp_path, base, earlier, later)
        scene = was.restored()
        assert whole(scene.audit) > 20
        assert (scene.state(was.pending), scene.state(was.begun)) == (State.PENDING, State.EXECUTING)
        assert scene.changes.tasks.find(was.late) is None
        assert verified(scene) is Fault.CUT  # what had been verified is more than there is
        assert (seen_by(earlier, scene), seen_by(later, scene)) == (None, Contradiction.SHRUNK)

        scene.decide("wanda", was.pending)
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
            scene.tend()
        assert (scene.state(was.pending), scene.state(was.begun)) == (State.STALE, State.DONE)
        assert (scene.gates.sent, [scene.gates.look(number)[1] for number in (1, 2)]) == (2, [1, 1])

        (tmp_path / "audit-verified.json").unlink()
        scene = opened(tmp_path, base)
        assert (verified(scene), whole(scene.audit) > 20, seen_by(earlier, scene)) == (None, True, None)


def test_a_copy_of_an_embedded_database_is_its_owners_and_replaces_none(tmp_path: Path) -> None:
    with database("SQLite", tmp_path) as base:
        environ = {"BIZOPS_DATABASE_URL": base.url}
        for code in (0, 1):
            assert (
                CliRunner().invoke(main, ["db", "copy", "users", str(tmp_path / "copy")], env=environ).exit_code == code
            )
        assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
        assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy"]
    answer = CliRunner().invoke(
        main, ["db", "copy", "users", "x"], env={"BIZOPS_DATABASE_URL": "postgresql://u:hush@h/d"}
    )
    assert answer.exit_code == 1
    assert "their own tools" in answer.output
    assert "hush" not in answer.output


def asked_for_gate(scene: Scene, number: int) -> str:
    """A request of greta's to shut another gate than the first."""
    form = {"confirmed": "yes", "reason": "rain", "attempt": f"gate-{number}"}
    answer = scene.person("greta").post(f"/gates/{number}/shut", data=form)
    assert answer.status_code == 303
    return answer.location.rpartition("/")[2]
