"""Decides how the shell asks apps for JSON in a person's name: together, by one deadline, believing no answer yet."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from bff.identity.principal import Identity
from shell import unavailable
from shell.forwarding import Behalf
from shell.messages import Reason, Reply, UpstreamError
from shell.platform import JSON, Platform
from shell.registry import MicroFrontend, Registry
from shell.registry.manifests import Interface
from shell.upstreams import Call, Lane

LARGEST: Final = 2_000_000  # bytes of an answer; ten times what a page of the longest entries takes
ACCEPT_JSON: Final = ("Accept", JSON)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one app answered. Status 0: nothing that could be read; `sent` then says whether it may have been asked."""

    app: MicroFrontend
    status: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    sent: bool = True

    @property
    def ok(self) -> bool:
        """Whether there is a document."""
        return self.status == 200

    @property
    def away(self) -> bool:
        """Whether the app did not answer, which says nothing of what it would have answered."""
        return not self.status


def those_with(registry: Registry, identity: Identity, name: str) -> list[tuple[MicroFrontend, Interface]]:
    """Who offers an interface, in the order of the menu. Who was never heard of might: asked at the usual place."""
    usual = Interface(name, f"/api/{name}", "")
    return [
        (app, found)
        for app in registry.seen_by(identity)
        if (found := app.manifest.interface(name) if app.manifest else usual)
    ]


def ask(platform: Platform, identity: Identity, wanted: Sequence[tuple[MicroFrontend, str]]) -> list[Heard]:
    """A GET of each target, in their order."""
    behalf = Behalf.here(identity)
    calls = [
        Call(app.upstream, platform.request(app, behalf, target, [ACCEPT_JSON]), target.partition("?")[0])
        for app, target in wanted
    ]
    return _heard(platform, [app for app, _ in wanted], calls, platform.settings.gather_seconds)


def tell(platform: Platform, identity: Identity, told: Sequence[tuple[MicroFrontend, str, Any]]) -> list[Heard]:
    """A POST of a document to each target. Never sent twice: what got no answer may have been done."""
    calls = [Call(app.upstream, platform.order(app, identity, target, document)) for app, target, document in told]
    heard = _heard(platform, [app for app, _, _ in told], calls, platform.settings.main_seconds)
    for app, _, _ in told:
        platform.copies.forget(identity, app.name)
    return heard


def _heard(platform: Platform, apps: Sequence[MicroFrontend], calls: Sequence[Call], seconds: float) -> list[Heard]:
    outcomes = platform.upstreams.fetch(Lane.DATA, calls, seconds)
    return [_read(platform, app, outcome) for app, outcome in zip(apps, outcomes, strict=True)]


def _read(platform: Platform, app: MicroFrontend, outcome: Reply | UpstreamError) -> Heard:
    try:
        reply = _answered(outcome)
        document = _document(reply) if reply.status == 200 else {}
    except UpstreamError as error:
        unavailable.note(platform.registry, app, error)
        return Heard(app, sent=error.sent)
    platform.registry.answered(app, reply.headers.get("portal-version"))
    return Heard(app, reply.status, document)


def _answered(outcome: Reply | UpstreamError) -> Reply:
    """Raises UpstreamError for no answer, and for one that tells of a failure."""
    if isinstance(outcome, UpstreamError):
        raise outcome
    if outcome.status >= 500 or outcome.status < 200:
        raise UpstreamError(Reason.BROKEN, f"it answered {outcome.status}", sent=True)
    return outcome


def _document(reply: Reply) -> dict[str, Any]:
    """Raises UpstreamError unless it is one JSON object of bearable size."""
    if len(reply.body) > LARGEST:
        raise UpstreamError(Reason.TOO_LARGE, f"an answer of more than {LARGEST} bytes", sent=True)
    try:
        document = json.loads(reply.body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UpstreamError(Reason.BROKEN, "it did not answer with a JSON object", sent=True)
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
