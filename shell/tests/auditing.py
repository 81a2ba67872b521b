"""Micro-frontends with a real audit behind scripted answers, for the tests of the audit pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bff.change.audit import Actor, AuditLog, AuditQuery, Entry, Happening, Outcome
from bff.change.audit_api import integrity
from bff.change.audit_table import MIGRATIONS
from bff.change.audit_watch import Watch
from bff.change.heads import AuditKeys
from bff.database import engine_for, upgrade
from shell.tests.apps import Asked, Route, told
from shell.tests.conftest import serves_manifest
from shell.tests.scripted import Peer

AUDIT = "/api/audit"
MARY = Actor("u-mary", "Mary Maker", "mary", ("operator",), "5e55")


@dataclass
class Kept:
    """One app's audit: a real chain in a database of its own. `spoken` replaces parts of what it answers."""

    name: str
    folder: Path
    spoken: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        url = f"sqlite:///{self.folder / self.name}.sqlite"
        upgrade(url, MIGRATIONS)
        self.log = AuditLog(engine_for(url), AuditKeys(self.folder / f"{self.name}-keys.json"), self.name, "1.0")
        self.watch = Watch(self.log.reading, self.log.keys, self.folder / f"{self.name}-verified.json")

    def write(self, action: str = "", outcome: Outcome = Outcome.DONE, **more: Any) -> Entry:
        """Add an entry of Mary's."""
        named = action or f"{self.name}.shut_gate"
        return self.log.record(Happening(action=named, outcome=outcome, **more), MARY)

    def write_many(self, count: int) -> None:
        for number in range(count):
            self.write(target=f"gate:{number}")

    def app(self, **table: Route) -> dict[str, Route]:
        """The routes of an app that offers this audit."""
        listed = [
            {"name": "audit", "href": AUDIT, "permission": f"{self.name}:audit:view"},
            {"name": "approvals", "href": "/api/approvals"},
        ]
        entries = {f"{AUDIT}/{seq}": self._entry for seq in range(1, 20)}
        own: dict[str, Route] = {AUDIT: self._page, f"{AUDIT}/integrity": self._integrity}
        return {"/manifest.json": serves_manifest(self.name, interfaces=listed), **entries, **own, **table}

    def _page(self, peer: Peer, asked: Asked) -> None:
        query = _query(asked)
        words = {name: query[name] for name in ("actor", "action", "target", "outcome", "participant") if name in query}
        times = {"since": query.get("from", ""), "until": query.get("to", "")}
        before = int(query["before"]) if "before" in query else None
        page = self.log.entries(AuditQuery(**words, **times, before=before, limit=int(query["limit"])))
        listed = [entry.as_json() for entry in page.entries]
        told({"entries": listed, "next": page.next, "total_known": page.total, **self.spoken})(peer, asked)

    def _entry(self, peer: Peer, asked: Asked) -> None:
        found = self.log.entry(int(asked.target.rpartition("/")[2]))
        answer = {**self.log.evidence(found), **self.spoken} if found else {}
        told(answer, "200 OK" if found else "404 Not Found")(peer, asked)

    def _integrity(self, peer: Peer, asked: Asked) -> None:
        since = int(_query(asked).get("since", "0"))
        told({**integrity(self.log, self.watch, since), **self.spoken})(peer, asked)


def _query(asked: Asked) -> Mapping[str, str]:
    return dict(parse_qsl(urlsplit(asked.target).query))


def today() -> str:
    return datetime.now(UTC).date().isoformat()
