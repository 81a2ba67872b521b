"""Decides which headers pass between a browser and a micro-frontend: in both directions those on a list, no other."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

from flask import Request as BrowserRequest
from flask import g

from bff.contract.wire import ANSWER_HEADERS, REQUEST_HEADERS
from bff.identity.assertion import HEADER as IDENTITY
from bff.identity.assertion import Minter
from bff.identity.principal import Identity
from bff.tracing import Step
from bff.web.locale import language
from bff.web.security import csp_nonce
from shell.registry import MicroFrontend

Fields = list[tuple[str, str]]

FROM_BROWSER: Final = frozenset(name.lower() for name in REQUEST_HEADERS) - {"content-length", "hx-*"}
# Of the answer, what says where to go or how long to keep it is looked into before it passes.
LOOKED_INTO: Final = frozenset(
    {"cache-control", "location", "hx-location", "hx-redirect", "hx-push-url", "hx-replace-url"}
)
TO_BROWSER: Final = frozenset(name.lower() for name in ANSWER_HEADERS) - LOOKED_INTO
LEADS_ELSEWHERE: Final = frozenset({"location", "hx-redirect", "hx-push-url", "hx-replace-url"})
HX_LOCATION_KEYS: Final = frozenset({"path", "target", "swap", "select", "push", "replace"})


class ForeignTargetError(Exception):
    """A micro-frontend tried to send the browser somewhere outside the portal."""


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom upstreams are asked and how they are to answer: the same for all that one page is made of."""

    identity: Identity
    locale: str
    nonce: str
    trace_id: str
    request_id: str
    span_id: str = ""
    sampled: bool = True
    overlay: bool = False  # whether what comes is to say whose it is

    @classmethod
    def here(cls, identity: Identity) -> Self:
        """In the present request."""
        trail = g.trail
        about = trail.trace_id, trail.request_id, trail.span_id, trail.sampled
        return cls(identity, language(), csp_nonce(), *about, overlay=bool(g.get("overlay")))

    def step(self) -> Step:
        """One thing asked of somebody, in the trace of the request."""
        return Step.within(self.trace_id, self.span_id, sampled=self.sampled)


def context(app: MicroFrontend, behalf: Behalf, minter: Minter, time_zone: str) -> Fields:
    """What the shell itself tells a micro-frontend: who asks, with its own permissions only, and how to answer."""
    own = _own(behalf.identity.permissions, app.name)
    return [
        (IDENTITY, minter.assertion(behalf.identity, app.name, own)),
        ("Portal-Mount", app.mount),
        ("Portal-Locale", behalf.locale),
        ("Portal-Time-Zone", time_zone),
        ("Portal-Nonce", behalf.nonce),
        ("X-Request-Id", behalf.request_id),
    ]


@lru_cache(4096)
def _own(permissions: frozenset[str], name: str) -> frozenset[str]:
    return frozenset(permission for permission in permissions if permission.startswith(f"{name}:"))


def from_browser(request: BrowserRequest) -> Fields:
    """The browser's headers that a micro-frontend may see. Never a cookie, a credential or anything about identity."""
    passed = [(name.lower(), value) for name, value in request.headers]
    return [(name, value) for name, value in passed if name in FROM_BROWSER or name.startswith("hx-")]


def to_browser(headers: dict[str, str], page_url: str) -> Fields:
    """A micro-frontend's headers that the browser may see. Raises ForeignTargetError.

    `page_url` is the portal's absolute URL of the request: every target must lie on its origin."""
    passed = [(name, value) for name, value in headers.items() if name in TO_BROWSER]
    passed += [(name, _target(headers[name], page_url)) for name in headers.keys() & LEADS_ELSEWHERE]
    if _is_private(headers.get("cache-control", "")):
        passed.append(("cache-control", headers["cache-control"]))
    if "hx-location" in headers:
        passed.append(("hx-location", _hx_location(headers["hx-location"], page_url)))
    return passed


def is_page(headers: dict[str, str]) -> bool:
    """Whether the answer is a fragment of a page; an HTML file to be downloaded is not."""
    return _is_page(headers.get("content-type", ""), headers.get("content-disposition", ""))


@lru_cache(256)
def _is_page(content_type: str, disposition: str) -> bool:
    html = content_type.partition(";")[0].strip().lower() == "text/html"
    return html and not disposition.lower().startswith("attachment")


def own_path(value: str, page_url: str) -> str:
    """The path on the portal's own origin that a link leads to. Raises ForeignTargetError for anywhere else."""
    # Browsers strip some of these and read a backslash as a slash, so what remains could lead elsewhere.
    if not value.isascii() or any(mark <= " " or mark in "\\\x7f" for mark in value):
        raise ForeignTargetError(value)
    try:
        target, page = urlsplit(urljoin(page_url, value)), urlsplit(page_url)
    except ValueError:
        raise ForeignTargetError(value) from None
    if (target.scheme, target.netloc) != (page.scheme, page.netloc) or target.path.startswith("//"):
        raise ForeignTargetError(value)
    return urlunsplit(("", "", target.path or "/", target.query, target.fragment))


def _is_private(cache_control: str) -> bool:
    """Whether it keeps the answer to one person; anything else gives way to the shell's own `no-store`."""
    said = {directive.partition("=")[0].strip().lower() for directive in cache_control.split(",")}
    return bool(said & {"private", "no-store"}) and not said & {"public", "s-maxage"}


def _target(value: str, page_url: str) -> str:
    # htmx reads "false" as "leave the address bar alone".
    return value if value == "false" else own_path(value, page_url)


def _hx_location(value: str, page_url: str) -> str:
    """Either a path, or an object with one, of whose other keys only those pass that cannot name a script."""
    if not value.startswith("{"):
        return own_path(value, page_url)
    try:
        wanted: dict[str, Any] = json.loads(value)
        path = own_path(str(wanted["path"]), page_url)
    except (ValueError, KeyError):
        raise ForeignTargetError(value) from None
    return json.dumps({key: wanted[key] for key in wanted if key in HX_LOCATION_KEYS} | {"path": path})
