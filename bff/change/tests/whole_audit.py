"""An audit that is whole, what was kept of it elsewhere, and the command that verifies it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from bff.change.audit import AuditLog
from bff.change.heads import AuditKeys
from bff.change.tests.auditing import audit_at, fill
from bff.change.tests.tampering import HALF, SIZE
from bff.cli import main
from bff.database import engine_for


@dataclass(frozen=True)
class Case:
    """An audit that is whole, and what was kept of it elsewhere: its public keys, and every head up to now."""

    folder: Path
    log: AuditLog
    export: Path
    keys: Path
    heads: Path
    own: AuditKeys


@contextmanager
def case_in(folder: Path) -> Iterator[Case]:
    """Such an audit in a folder."""
    log = audit_at(folder)
    fill(log, HALF)
    fill(log, SIZE - HALF)
    export, keys, heads = folder / "export.jsonl", folder / "public.json", folder / "heads.jsonl"
    export.write_text("".join(log.export()), "utf-8")
    keys.write_text(json.dumps(log.keys.now().document))
    shutil.copy(export, heads)
    yield Case(folder, log, export, keys, heads, AuditKeys(folder / "own-keys.json"))
    log.engine.dispose()


def run(*words: object, **environment: object) -> Result:
    """`bizops audit verify` with these words."""
    given = {name: str(value) for name, value in environment.items()}
    return CliRunner().invoke(main, ["audit", "verify", *map(str, words)], env=given)


def copied(case: Case, folder: Path) -> AuditLog:
    """The same audit in a database of a test's own."""
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(case.folder / "app.sqlite") as source, sqlite3.connect(folder / "app.sqlite") as target:
        source.backup(target)
    source.close()
    target.close()
    shutil.copy(case.folder / "audit-keys.json", folder)
    return AuditLog(engine_for(f"sqlite:///{folder / 'app.sqlite'}"), AuditKeys(folder / "audit-keys.json"), "garden")
