"""Decides what stands in a slot: each fragment that an app offers to this person, or a card that says it is away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from bff.identity.principal import Identity
from shell import unavailable
from shell.forwarding import is_page
from shell.messages import Reason, Reply, UpstreamError
from shell.navigation import may_see
from shell.platform import Platform
from shell.registry import MicroFrontend

ACCEPT_HTML = ("Accept", "text/html")


@dataclass(frozen=True, slots=True)
class Area:
    """One fragment in a slot: the app's `number`th there. Without content it is shown as unavailable."""

    app: MicroFrontend
    number: int
    target: str
    content: bytes | None = None


def areas(platform: Platform, identity: Identity, slot: str) -> list[Area]:
    """The areas of a slot that this person may see, in the order of the menu, still without content."""
    return [
        Area(app, number, offer.href)
        for app in platform.registry.seen_by(identity)
        if app.manifest
        for number, offer in zip(count(), (offer for offer in app.manifest.offers if offer.slot == slot), strict=False)
        if may_see(identity, offer.permission)
    ]


def fill(platform: Platform, identity: Identity, empty: Sequence[Area]) -> list[Area]:
    """The areas with what their apps answered, all within one deadline; those with nothing to show are left out."""
    requests = [platform.request(area.app, identity, area.target, [ACCEPT_HTML]) for area in empty]
    replies = platform.client.fetch_many(requests, platform.settings.slot_seconds)
    filled = [
        replace(area, content=_content(platform, area.app, reply)) for area, reply in zip(empty, replies, strict=True)
    ]
    return [area for area in filled if area.content is None or area.content.strip()]


def _content(platform: Platform, app: MicroFrontend, reply: Reply | UpstreamError) -> bytes | None:
    if isinstance(reply, Reply) and (reply.status == 204 or (reply.status == 200 and is_page(reply.headers))):
        platform.registry.answered(app, reply.headers.get("portal-version"))
        return reply.body
    if isinstance(reply, Reply):
        reply = UpstreamError(Reason.BROKEN, f"a fragment was answered with {reply.status}", sent=True)
    unavailable.note(platform.registry, app, reply)
    return None
