"""An audit of a test's own, and ways to damage it that the database would not let anybody take."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, text

from bff.change.audit import Actor, AuditLog, Happening, Outcome
from bff.change.audit_live import verify_live
from bff.change.audit_table import MIGRATIONS
from bff.change.happening import canonical, leaf_hash
from bff.change.heads import AuditKeys, SigningKey
from bff.change.merkle import Peaks
from bff.database import engine_for, upgrade

ADA = Actor("u-ada", "Ada Achieng", "ada", ("audit",), "5e55", ())
OLIVIA = Actor("u-olivia", "Olivia Okello", "olivia", ("operator",), "5e56", ())


def quiet() -> None:
    """Let no line of the audit's own into the test's output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def audit_at(folder: Path, name: str = "garden", url: str = "") -> AuditLog:
    """An audit in a folder: its database, its keys."""
    folder.mkdir(parents=True, exist_ok=True)
    url = url or f"sqlite:///{folder / 'app.sqlite'}"
    upgrade(url, MIGRATIONS)
    return AuditLog(engine_for(url), AuditKeys(folder / "audit-keys.json"), name, "7")


def shut(number: int) -> Happening:
    """A gate that was shut."""
    return Happening(
        action="garden.shut_gate",
        outcome=Outcome.DONE,
        target=f"gate:{number}",
        before={"state": "OPEN"},
        after={"state": "SHUT", "weight": "12.50"},
        reason="Évening",
    )


def fill(log: AuditLog, count: int) -> None:
    """So many entries, in turn of two people."""
    with log.engine.begin() as connection:
        for number in range(count):
            log.append(connection, shut(number), (OLIVIA, ADA)[number % 2])


def whole(log: AuditLog) -> int:
    """The number of entries of an audit in which everything fits; fails when something does not."""
    verdict = verify_live(log.reading, log.keys.now().public, None)
    assert verdict.finding is None, verdict
    return verdict.last


def unguarded(engine: Engine) -> None:
    """Take the triggers away, as someone could who owns the database."""
    with engine.begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))


@dataclass
class Line:
    """An entry as rows and exports hold it, in one form that both can be written from."""

    body: dict[str, Any]
    hash: str
    root: str
    key: str
    signature: str
    filed: dict[str, Any]
    nodes: str = ""


def rehash(lines: Iterable[Line], sign: SigningKey | None = None) -> None:
    """Mend the chain as someone with the database can: numbers, links, hashes, roots; and signatures with a key."""
    peaks, previous = Peaks(), "0" * 64
    for line in lines:
        line.body |= {"seq": peaks.size + 1, "previous": previous}
        leaf = leaf_hash(canonical(line.body))
        peaks, made = peaks.append(leaf)
        previous = line.hash = leaf.hex()
        line.root, line.nodes = peaks.root().hex(), " ".join(node.hex() for node in made[1:])
        if sign:
            head = sign.sign(line.body["app"], peaks.size, peaks.root(), line.body["at"])
            line.key, line.signature = head.key, head.signature


Damage = Callable[[list[Line]], None]
FILED = ("at", "actor", "username", "action", "outcome", "target", "participant", "task")


def read_rows(engine: Engine) -> list[Line]:
    """The entries of a database."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM audit_entry ORDER BY seq")).mappings().all()
    return [
        Line(
            json.loads(row["body"]), row["hash"], row["root"], row["signer"], row["signature"],
            {name: row[name] for name in FILED} | {"seq": row["seq"]}, row["nodes"],
        )
        for row in rows
    ]  # fmt: skip


def write_rows(engine: Engine, lines: list[Line]) -> None:
    """Put these in place of what the database holds, and let the head row agree with them."""
    unguarded(engine)
    peaks = Peaks()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entry"))
        for number, line in enumerate(lines, 1):
            peaks, _ = peaks.append(bytes.fromhex(line.hash))
            row = line.filed | {"seq": line.filed.get("seq") or number, "body": canonical(line.body).decode()}
            row |= {"hash": line.hash, "root": line.root, "signer": line.key, "signature": line.signature}
            row |= {"nodes": line.nodes}
            columns = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO audit_entry ({columns}) VALUES ({places})"), row)
        told = {"size": len(lines), "peaks": " ".join(peak.hex() for peak in peaks.peaks)}
        told |= {"hash": lines[-1].hash if lines else "0" * 64}
        connection.execute(text("UPDATE audit_head SET size = :size, peaks = :peaks, hash = :hash"), told)


def read_export(path: Path) -> tuple[dict[str, Any], list[Line]]:
    """The first line of an export, and its entries."""
    top, *rest = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return top, [
        Line(told["entry"], told["hash"], told["root"], told["key"], told["signature"], {}) for told in rest[:-1]
    ]


def write_export(path: Path, top: dict[str, Any], lines: list[Line]) -> None:
    """An export of these entries that says of itself that it is whole."""
    last = lines[-1]
    head = {"app": top["app"], "size": len(lines), "root": last.root, "at": last.body["at"], "key": last.key}
    out = [top | {"size": len(lines)}]
    out += [
        {"entry": line.body, "hash": line.hash, "root": line.root, "key": line.key, "signature": line.signature}
        for line in lines
    ]
    out.append({"head": head | {"signature": last.signature}})
    path.write_text("".join(canonical(document).decode() + "\n" for document in out), "utf-8")
