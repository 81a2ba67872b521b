"""Keto's wire format on a page: tuples in memory, answers as a real Keto was heard to give them."""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

NAMESPACES = ("role", "participant", "permission")
KEYS = ("namespace", "object", "relation", "subject_id")
Tuple = dict[str, Any]
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class FakeKeto:
    """Both APIs on one port. `requests` is what came in; `url` is what a store is told."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    # By a random id, as Keto has it: so pages come in no order, and one tuple may be kept twice.
    rows: dict[str, Tuple] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def insert(self, row: Tuple) -> None:
        """Keep a tuple, also a second time."""
        self.rows[str(uuid.uuid4())] = row

    def delete(self, row: Tuple) -> None:
        """Drop every copy of a tuple."""
        self.rows = {key: kept for key, kept in self.rows.items() if kept != row}

    def allowed(self, wanted: Tuple) -> bool:
        """Whether the subject is in the relation, also through the members of another object."""
        rows = list(self.rows.values())
        if wanted in rows:
            return True
        sets = [row["subject_set"] for row in rows if "subject_set" in row and _fits(row, _without_subject(wanted))]
        return any(self.allowed({**others, "subject_id": wanted["subject_id"]}) for others in sets)


def _without_subject(row: Tuple) -> Tuple:
    return {key: row[key] for key in ("namespace", "object", "relation") if key in row}


def _fits(row: Tuple, query: dict[str, str]) -> bool:
    return all(row.get(key) == value for key, value in query.items())


def _error(code: int, status: str, message: str, reason: str = "") -> tuple[int, Any]:
    told = {"code": code, "status": status, "message": message} | ({"reason": reason} if reason else {})
    return code, {"error": told}


def _unknown(namespace: str) -> tuple[int, Any]:
    reason = f'Unknown namespace with name "{namespace}".'
    return _error(404, "Not Found", "The requested resource could not be found", reason)


def _listed(keto: FakeKeto, query: dict[str, str], _body: Any) -> tuple[int, Any]:
    wanted = {key: query[key] for key in KEYS if key in query}
    if wanted.get("namespace", "role") not in NAMESPACES:
        return _unknown(wanted["namespace"])
    token, size = query.get("page_token", ""), int(query.get("page_size", "100"))
    if token and not _TOKEN.fullmatch(token):
        return _error(500, "Internal Server Error", "malformed page token")
    rows = [(key, row) for key, row in sorted(keto.rows.items()) if key > token and _fits(row, wanted)]
    more = rows[size - 1][0] if len(rows) > size else ""
    return 200, {"relation_tuples": [row for _, row in rows[:size]], "next_page_token": more}


def _checked(keto: FakeKeto, query: dict[str, str], _body: Any) -> tuple[int, Any]:
    allowed = keto.allowed({key: query[key] for key in KEYS})
    return (200 if allowed else 403), {"allowed": allowed}


def _put(keto: FakeKeto, _query: dict[str, str], body: Any) -> tuple[int, Any]:
    if body["namespace"] not in NAMESPACES:
        return _unknown(body["namespace"])
    keto.insert(body)
    return 201, body


def _patched(keto: FakeKeto, _query: dict[str, str], body: Any) -> tuple[int, Any]:
    for change in body:
        if change["relation_tuple"]["namespace"] not in NAMESPACES:
            return _unknown(change["relation_tuple"]["namespace"])
    for change in body:
        (keto.insert if change["action"] == "insert" else keto.delete)(change["relation_tuple"])
    return 204, None


def _deleted(keto: FakeKeto, query: dict[str, str], _body: Any) -> tuple[int, Any]:
    keto.rows = {key: row for key, row in keto.rows.items() if not _fits(row, query)}
    return 204, None


ROUTES = {
    ("GET", "/health/ready"): lambda _keto, _query, _body: (200, {"status": "ok"}),
    ("GET", "/relation-tuples"): _listed,
    ("GET", "/relation-tuples/check"): _checked,
    ("PUT", "/admin/relation-tuples"): _put,
    ("PATCH", "/admin/relation-tuples"): _patched,
    ("DELETE", "/admin/relation-tuples"): _deleted,
}


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    keto: FakeKeto

    def serve(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        with self.keto.lock:
            self.keto.requests.append(f"{self.command} {self.path}")
            status, said = ROUTES[self.command, parts.path](self.keto, dict(parse_qsl(parts.query)), body)
        data = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        if data:
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - the base class names them

    def log_message(self, *_args: Any) -> None:
        """Nothing to the terminal."""


@contextmanager
def running() -> Iterator[FakeKeto]:
    """One on a free port of loopback."""
    keto = FakeKeto()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"keto": keto}))
    server.daemon_threads = True
    address = f"127.0.0.1:{server.server_address[1]}"
    keto.url = f"keto://{address}?write={address}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield keto
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
