"""The fault matrix: whatever breaks at whichever call of a finalisation, money moves once and to the last digit."""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from microfrontends.settlement.tests.stage import BROKEN, FAULTS, FORKS, play
from tests.figures import figure

WRITES = 2 + 1 + 4 * 3 + 4 * 2 + 1  # record, reserve; a cap; four net senders, four recipients; settle
READS = range(1, 31, 2)
PROCESSES = 2


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed there")
@pytest.mark.timeout(240)
def test_a_finalisation_survives_every_fault_at_every_call(tmp_path: Path) -> None:
    cells = [(nth, fault) for nth in range(WRITES) for fault in FAULTS]
    reads = [(nth, list(BROKEN)[nth // 2 % 2]) for nth in READS]
    parts = []
    for part in range(PROCESSES):
        (tmp_path / str(part)).mkdir()
        parts.append((str(tmp_path / str(part)), cells[part::PROCESSES], reads[part::PROCESSES]))
    with ProcessPoolExecutor(PROCESSES, mp_context=FORKS) as pool:
        played = [each.result() for each in [pool.submit(play, *part) for part in parts]]
    total, wrong = sum(count for count, _, _ in played), [problem for _, found, _ in played for problem in found]
    duplicates = sum(count for _, _, count in played)
    figure("faults_survived", f"{total - len(wrong)}/{total}")
    figure("duplicate_transfers", str(duplicates))
    assert not wrong, "\n".join(wrong)
    assert (total, duplicates) == (len(cells) + len(reads), 0)
