"""The same request twice at once, as a browser or a balancer may send it when a connection has been cut."""

from typing import Any

import sqlalchemy as sa

from bff.change.audit import AuditQuery
from bff.change.tests.scene import Scene


def test_the_second_is_told_of_the_first_although_it_finds_the_gate_shut(scene: Scene) -> None:
    first: list[dict[str, Any]] = []

    def send() -> dict[str, Any]:
        headers = {"Idempotency-Key": "the same"}
        return dict(scene.person("greta").post("/api/gates/1/shut-unchecked", json={}, headers=headers).get_json())

    def between(_connection: Any, _cursor: Any, sent: str, values: Any, *_more: Any) -> None:
        """The second has looked for the first, which was not there yet; now it is."""
        if not first and "the same" in values and sent.startswith("SELECT"):
            first.append({})
            first[0] = send()

    engine = scene.changes.tasks.engine
    sa.event.listen(engine, "after_cursor_execute", between)
    try:
        second = send()
    finally:
        sa.event.remove(engine, "after_cursor_execute", between)
    assert (first[0]["state"], second["state"]) == ("DONE", "DONE")
    assert (second["id"], scene.gates.sent) == (first[0]["id"], 1)
    assert "refused" not in [entry.outcome for entry in scene.audit.entries(AuditQuery(limit=3)).entries]
