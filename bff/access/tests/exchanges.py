"""What was said to a real Keto and what it answered: `python -m bff.access.tests.exchanges` writes the answers anew."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from bff.access.keto import addresses
from bff.access.tests import real_keto
from tests.parts import go

KEPT = Path(__file__).parent / "keto_exchanges.json"
TUPLES, CHECK, ADMIN = "/relation-tuples", "/relation-tuples/check", "/admin/relation-tuples"
Exchange = dict[str, Any]


def member(role: str, subject: str) -> dict[str, str]:
    """Somebody in a role."""
    return {"namespace": "role", "object": role, "relation": "member", "subject_id": subject}


def granted(permission: str, role: str) -> dict[str, Any]:
    """A role's permission."""
    members = {"namespace": "role", "object": role, "relation": "member"}
    return {"namespace": "permission", "object": permission, "relation": "granted", "subject_set": members}


def _asks(subject: str, permission: str) -> dict[str, str]:
    return {"namespace": "permission", "object": permission, "relation": "granted", "subject_id": subject}


GATE = "garden:gate:shut"
SAID: list[tuple[str, str, dict[str, str], Any]] = [
    ("GET", "/health/ready", {}, None),
    ("GET", TUPLES, {"namespace": "role"}, None),
    ("PUT", ADMIN, {}, member("clerk", "u-1")),
    ("PUT", ADMIN, {}, member("clerk", "u-1")),  # kept twice
    ("GET", TUPLES, {"namespace": "role", "relation": "member", "subject_id": "u-1"}, None),
    ("DELETE", ADMIN, member("clerk", "u-1"), None),
    ("GET", TUPLES, {"namespace": "role", "relation": "member", "subject_id": "u-1"}, None),
    ("DELETE", ADMIN, member("clerk", "u-1"), None),
    (
        "PATCH", ADMIN, {},
        [
            {"action": "insert", "relation_tuple": member("keeper", "u-1")},
            {"action": "insert", "relation_tuple": granted(GATE, "keeper")},
            {"action": "delete", "relation_tuple": member("never", "u-1")},
        ],
    ),
    ("GET", TUPLES, {"namespace": "permission", "relation": "granted"}, None),
    ("GET", CHECK, _asks("u-1", GATE), None),
    ("GET", CHECK, _asks("u-2", GATE), None),
    ("PATCH", ADMIN, {}, [{"action": "insert", "relation_tuple": member("keeper", f"u-{each}")} for each in (2, 3)]),
    ("GET", TUPLES, {"namespace": "role", "page_size": "2"}, None),
    ("GET", TUPLES, {"namespace": "role", "page_size": "3"}, None),
    ("GET", TUPLES, {"namespace": "role", "page_token": "not-a-token"}, None),
    ("GET", TUPLES, {"namespace": "garage"}, None),
    ("PUT", ADMIN, {}, {"namespace": "garage", "object": "a", "relation": "member", "subject_id": "u-1"}),
    ("PATCH", ADMIN, {}, [{"action": "delete", "relation_tuple": member("keeper", "u-1")}]),
    ("GET", CHECK, _asks("u-1", GATE), None),
]  # fmt: skip


def hold(url: str) -> list[Exchange]:
    """Say all of it to an empty Keto; what it answered, in order."""
    read, write = addresses(url)
    with urllib3.PoolManager() as pool:
        return [_said(pool, read if said[0] == "GET" else write, said) for said in SAID]


def _said(pool: urllib3.PoolManager, base: str, said: tuple[str, str, dict[str, str], Any]) -> Exchange:
    method, path, query, body = said
    target = path + (f"?{urlencode(query)}" if query else "")
    data = None if body is None else json.dumps(body).encode()
    answer = pool.request(method, base + target, body=data, retries=False)
    told = json.loads(answer.data) if answer.data else None
    return {"request": f"{method} {target}", "body": body, "status": answer.status, "answer": _comparable(told)}


def _comparable(told: Any) -> Any:
    """Without what is never the same: the order of tuples, which tuples make a page, and the token of the next."""
    if not isinstance(told, dict) or "relation_tuples" not in told:
        return told
    more = bool(told["next_page_token"])
    tuples = sorted(told["relation_tuples"], key=lambda each: json.dumps(each, sort_keys=True))
    return {"relation_tuples": len(tuples) if more else tuples, "next_page_token": more}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, real_keto.running(Path(folder)) as url:
        KEPT.write_text(json.dumps(hold(url), indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{len(SAID)} exchanges with Keto {go.KETO} in {KEPT}\n")
