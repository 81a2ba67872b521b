"""Whether the files an app lives by are there, whole and for it alone: state folder, audit keys, the shell's keys."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bff.change.audit_table import audit_head
from bff.change.heads import AuditKeys
from bff.doctor.asking import Unanswered, ask
from bff.doctor.findings import Patient, Seen, note, ok, wrong
from bff.doctor.stores import connected, missing_file
from bff.identity.assertion import JWKS_PATH
from bff.key_file import KeyFileError

FOR_OTHERS = stat.S_IRWXO | stat.S_IWGRP


def state_folder(patient: Patient) -> Iterator[Seen]:
    """Where embedded stores and what was verified are written."""
    folder = patient.settings.state_dir
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield wrong(f"{folder} cannot be written to.", "Name a folder of this app's own in BIZOPS_STATE_DIR.")
    else:
        yield ok(f"{folder} can be written to." if there == folder else f"{folder} can be made.")


def audit_keys(patient: Patient) -> Iterator[Seen]:
    """The keys that sign the audit, and whether the audit still holds what was verified of it."""
    settings = patient.settings
    path = settings.audit_keys or settings.state_dir / "audit-keys.json"
    if not path.exists():
        yield note(f"{path} is not there: the app makes it when it starts.", "If it had one, restore that one first.")
        return
    try:
        held = AuditKeys(path).now().private
    except KeyFileError as problem:
        yield wrong(str(problem), "Restore the file from its backup: docs/how-to/restore.md.")
        return
    yield from private(path, f"{path} holds {len(held)} signing {'key' if len(held) == 1 else 'keys'} of the audit.")
    yield from _kept(patient, frozenset(key.kid for key in held))


def private(path: Path, good: str) -> Iterator[Seen]:
    """That nobody else of the machine may read a file of keys."""
    if path.stat().st_mode & FOR_OTHERS:
        yield wrong(f"{path} holds private keys, and others of this machine may open it.", f"chmod 600 {path}")
    else:
        yield ok(good)


def shell_keys(patient: Patient) -> Iterator[Seen]:
    """The public keys of the shell that this app trusts."""
    settings = patient.settings
    if not settings.shell_url:
        if patient.app != "shell":
            yield note("The app trusts no shell, so it can be used by itself alone.", "Set BIZOPS_SHELL_URL.")
        return
    where = str(settings.shell_keys or settings.shell_url + JWKS_PATH)
    try:
        document = json.loads(settings.shell_keys.read_text("utf-8")) if settings.shell_keys else ask(where).document()
    except (Unanswered, OSError, ValueError) as problem:
        yield wrong(f"The shell's keys cannot be read: {problem}", "Correct BIZOPS_SHELL_URL, or start the shell.")
        return
    if isinstance(document, dict) and document.get("keys"):
        yield ok(f"The shell's keys can be read at {where}.")
    else:
        yield wrong(f"{where} is no set of keys.", "Name the shell itself in BIZOPS_SHELL_URL, not what is before it.")


def _kept(patient: Patient, held: frozenset[str]) -> Iterator[Seen]:
    """Whether the audit in the database is the one that these keys sign, and not less than was verified of it."""
    url = patient.settings.own_database
    if missing_file(url):
        return
    try:
        with connected(url) as connection:
            row = connection.execute(select(audit_head.c.size, audit_head.c.signers)).one()
    except (SQLAlchemyError, ModuleNotFoundError):
        return  # told elsewhere
    signers = set(str(row.signers).split())
    if signers and not signers & held:
        yield wrong(
            "The audit's entries were signed with a key that is not in the file, so nothing more can be added.",
            "Restore the file of keys that belongs to this database, or name it with BIZOPS_AUDIT_KEYS.",
        )
    verified = _verified(patient.settings.state_dir / "audit-verified.json")
    if row.size < verified:
        yield wrong(
            f"The audit ends with entry {row.size}, and {verified} entries had been verified here.",
            "Entries were cut off, or the database was restored to an earlier state: docs/how-to/restore.md.",
        )
    elif verified:
        yield ok(f"The audit holds the {verified} entries that were verified here.")


def _verified(path: Path) -> int:
    try:
        return int(json.loads(path.read_text("utf-8"))["size"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
