"""The folder that holds a portal's state: made on first use, used by one portal at a time, emptied on demand."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.provider.keys import write_private
from sandbox.up.plan import APPS, TITLES, Plan
from sandbox.up.problem import Problem

LOCK = "up.lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder. Raises Problem when another portal holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode().strip()
            raise Problem(f"A portal already runs on {folder} (process {holder}): stop it first.") from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)  # which also ends the lock


def empty(folder: Path) -> None:
    """Remove all state of a held folder."""
    for path in folder.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def furnish(plan: Plan) -> dict[str, str]:
    """Make what the processes expect to find, and answer the secret of each client, which the first start makes."""
    for name in ("log", "secrets", "provider", plan.report_files.name, *APPS):
        (plan.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    known = _client_secrets(plan.folder / "secrets" / "clients.json")
    write_private(plan.clients_file, json.dumps(plan.clients(known), indent=2))
    if not plan.assertion_keys.exists():
        from bff.identity.keyring import ensure_key  # dear to load, and needed once

        ensure_key(plan.assertion_keys)
    return known


def _client_secrets(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in TITLES if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(32) for name in missing}
        write_private(path, json.dumps(known, indent=2))
    return known
