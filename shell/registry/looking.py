"""Decides whether a micro-frontend is where somebody says: reachable, and telling of itself as the contract asks."""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from bff.contract.manifest import CONTRACT
from bff.errors import RuleBroken
from shell.client import Client
from shell.connections import Origin
from shell.messages import Request, UpstreamError
from shell.registry.manifests import BadManifestError, ReadManifest, read
from shell.registry.reading import ACCEPT_JSON, PROBE_SECONDS
from shell.registry.upstream import document_of


@dataclass(frozen=True)
class Look:
    """What was found at an address: a manifest, or why there is none, as a sentence."""

    manifest: ReadManifest | None = None
    document: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def version(self) -> str:
        return self.manifest.version if self.manifest else ""

    def confirmed(self) -> ReadManifest:
        """The manifest. Raises RuleBroken."""
        if self.manifest is None:
            raise RuleBroken(self.problem)
        return self.manifest


def look(client: Client, origin: Origin, name: str) -> Look:
    """Ask for the manifest of the app of this name."""
    where = f"{origin.scheme}://{origin.authority}"
    (outcome,) = client.fetch_many([Request(origin, "/manifest.json", ACCEPT_JSON)], PROBE_SECONDS)
    try:
        document = document_of(outcome)
        told = document.get("contract") if isinstance(document, dict) else None
        if isinstance(told, str) and told != CONTRACT:
            sentence = _(
                "It keeps version %(theirs)s of the contract; this portal keeps version %(ours)s.",
                theirs=told[:20],
                ours=CONTRACT,
            )
            return Look(problem=sentence)
        return Look(read(document, name), document)
    except UpstreamError as problem:
        return Look(problem=_("Nothing answers at %(url)s: %(problem)s.", url=where, problem=problem))
    except BadManifestError as problem:
        words = str(problem)[:400]
        return Look(
            problem=_("What %(url)s says of itself does not keep the contract: %(problem)s.", url=where, problem=words)
        )
