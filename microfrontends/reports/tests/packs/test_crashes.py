"""A worker that is killed in the middle of a pack leaves it to another: produced once, no trace of the first try."""

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from microfrontends.reports.packs.store import LEASE
from microfrontends.reports.tests.packs.dying import DEATHS
from microfrontends.reports.tests.packs.scene import Scene


def kept_files(scene: Scene) -> list[tuple[str, bool]]:
    with scene.desk.packs.engine.connect() as connection:
        return [(row.id, bool(row.complete)) for row in connection.execute(text("SELECT id, complete FROM kept_file"))]


@pytest.mark.parametrize("death", DEATHS)
def test_a_pack_whose_worker_was_killed_is_produced_once_by_another(bare: Scene, death: str) -> None:
    assert bare.noticed() > 0
    with bare.desk.packs.engine.begin() as connection:
        connection.execute(text("DELETE FROM pack WHERE participant <> 'alphabank' OR event > 3"))
    (pack,) = bare.packs()
    command = [sys.executable, "-m", "microfrontends.reports.tests.packs.dying", str(bare.folder), death]
    died = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    assert (bare.one().state, bare.desk.packs.proofs(pack.id), bare.audited("pack.produced")) == ("WAITING", [], [])
    with bare.app.app_context():
        assert bare.rounds().producer().produce_due() == 0  # for all that anybody knows, it is worked at
    passed = datetime.now(UTC) + LEASE * 2
    bare.desk.packs.clock = lambda: passed
    with bare.app.app_context():
        assert bare.rounds().producer().produce_due() == 1
    assert bare.one().state == "NEW"
    assert [str(proof.did) for proof in bare.desk.packs.proofs(pack.id)] == ["PRODUCED"]
    owned = {file.file for file in bare.desk.packs.files(pack.id)} | {bare.one().preview}
    # What was whole is gone with the turn that wrote it; what was not is swept up an hour later.
    assert {name for name, whole in kept_files(bare) if whole} == owned
