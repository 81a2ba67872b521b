"""The small API server with a shelf for each kind, statuses beside specs, and ConfigMaps that are applied."""

from typing import Any, Final

from bff.tests.cluster import Shelf, SmallCluster

KINDS: Final = {
    "MojaloopRole": "mojalooproles",
    "MojaloopPermissionExclusions": "mojaloop-permission-exclusions",
    "MojaloopApprovalPolicy": "mojaloopapprovalpolicies",
    "MojaloopReport": "mojaloopreports",
}
GROUP: Final = "/apis/mojaloop.io/v1/namespaces/hub/"
MAPS: Final = "/api/v1/namespaces/hub/configmaps/"


class SmallApi(SmallCluster):
    """`write` is what somebody does with kubectl; `patches` are the paths that were written to by the operator."""

    def __init__(self) -> None:
        super().__init__("")
        self.shelves = {kind: Shelf() for kind in KINDS}
        self.maps: dict[str, dict[str, str]] = {}
        self.patches: list[str] = []
        self.broken = False

    def write(self, document: dict[str, Any]) -> None:
        """Create or change an object: its generation grows, its status stays."""
        shelf, name = self.shelves[document["kind"]], document["metadata"]["name"]
        before = shelf.get(name) or {"metadata": {"generation": 0}}
        metadata = {**document["metadata"], "generation": before["metadata"]["generation"] + 1}
        status = {"status": before["status"]} if "status" in before else {}
        # Of a list's items an API server leaves out what they are.
        shelf.put(name, {"spec": document.get("spec"), "metadata": metadata, **status})

    def status(self, kind: str, name: str) -> dict[str, Any]:
        """What the operator has said of an object."""
        found = self.shelves[kind].get(name) or {}
        return dict(found.get("status") or {})

    def cut(self) -> None:
        """End every open watch."""
        for shelf in getattr(self, "shelves", {}).values():
            shelf.cut()

    def shelf(self, path: str) -> Shelf | None:
        """As SmallCluster."""
        return next((self.shelves[kind] for kind, plural in KINDS.items() if path == GROUP + plural), None)

    def one(self, path: str) -> dict[str, Any] | None:
        """As SmallCluster."""
        name = path.removeprefix(MAPS)
        return {"data": self.maps[name]} if name in self.maps else None

    def patched(self, path: str, told: dict[str, Any], kind: str) -> dict[str, Any] | None:
        """As SmallCluster."""
        if self.broken:
            return None
        if path.startswith(MAPS) and kind == "application/apply-patch+yaml":
            self.patches.append(path)
            self.maps[path.removeprefix(MAPS)] = told["data"]
            return told
        plural, name, what = path.removeprefix(GROUP).split("/")
        if what != "status" or kind != "application/merge-patch+json" or set(told) != {"status"}:
            return None
        shelf = next(self.shelves[each] for each, called in KINDS.items() if called == plural)
        if not (found := shelf.get(name)):
            return None
        self.patches.append(path)
        shelf.put(name, {**found, "status": {**(found.get("status") or {}), **told["status"]}})
        return found
