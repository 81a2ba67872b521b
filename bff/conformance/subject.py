"""The app that is checked: asked over HTTP as the shell asks, or as a stranger would."""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self

import urllib3
from urllib3.exceptions import HTTPError

from bff.conformance.clauses import Broken, NotApplicable, NotRun
from bff.conformance.markup import Markup
from bff.conformance.speaking import CSRF, Speaker
from bff.contract.manifest import problems
from bff.identity.assertion import HEADER

MOUNT: Final = "/mounted-elsewhere"  # not the app's name, so that a path which is typed shows
NONCE: Final = "nonce-of-this-page"
SECONDS: Final = 15.0
LARGEST: Final = 4_000_000
HTML: Final = {"Accept": "text/html"}
JSON: Final = {"Accept": "application/json"}
MOST: Final = 12  # pages that are looked at


@dataclass(frozen=True)
class Answer:
    """What came back."""

    path: str
    status: int
    headers: Mapping[str, str]  # by names in small letters
    body: bytes
    seconds: float
    cookies: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def markup(self) -> Markup:
        """The body as HTML."""
        return Markup(self.text)

    def document(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Wish:
    """How a request is made: in whose name, in which language, and with what."""

    token: str | None = None  # None: whoever holds every permission; empty: nobody
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: HTML)
    body: bytes | None = None
    locale: str = "en"
    mount: str = MOUNT

    @classmethod
    def nobody(cls, headers: Mapping[str, str] = HTML) -> Self:
        """A stranger, who does not come through a shell."""
        return cls(token="", headers=headers)


class Subject:
    """One app at one address. What is asked for often is kept."""

    def __init__(self, url: str, speaker: Speaker, name: str = "", about: Mapping[str, str] | None = None) -> None:
        self.url, self.speaker, self.wanted_name = url.rstrip("/"), speaker, name
        self._about = dict(about or {})
        self._http = urllib3.PoolManager(retries=False, timeout=SECONDS)

    def ask(self, path: str, wish: Wish | None = None) -> Answer:
        """The answer to one request; redirects are answers. Raises Broken when there is none."""
        wish = wish or Wish()
        token = self.token() if wish.token is None else wish.token
        own = self._from_shell(wish, token) if token else {}
        begun = time.monotonic()
        try:
            reply = self._http.request(
                wish.method,
                self.url + path,
                headers={**own, **wish.headers},
                body=wish.body,
                redirect=False,
                preload_content=False,
            )
            body = reply.read(LARGEST)
            # What goes on for ever is not read to its end.
            if len(body) == LARGEST:
                reply.close()
            reply.release_conn()
        except HTTPError as problem:
            raise Broken(f"{wish.method} {path} was not answered: {problem}") from problem
        headers = {name.lower(): value for name, value in reply.headers.items()}
        cookies = tuple(reply.headers.getlist("Set-Cookie"))
        return Answer(path, reply.status, headers, body, time.monotonic() - begun, cookies)

    def _from_shell(self, wish: Wish, token: str) -> dict[str, str]:
        return {
            HEADER: token,
            "Portal-Mount": wish.mount,
            "Portal-Locale": wish.locale,
            "Portal-Time-Zone": "Africa/Nairobi",
            "Portal-Nonce": NONCE,
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
            "X-Request-Id": f"check-{secrets.token_hex(6)}",
        }

    def token(self, *, without: str = "", subject: str = "conformance-check") -> str:
        """A good assertion: with every permission that the app knows, or all but one."""
        return self.speaker.assertion(self.name, self.permissions - {without}, subject)

    def token_without_any(self) -> str:
        """A good assertion of somebody who may do nothing."""
        return self.speaker.assertion(self.name, frozenset())

    @cached_property
    def manifest_answer(self) -> Answer:
        """What it answers to whoever asks for its manifest."""
        return self.ask("/manifest.json", Wish.nobody(JSON))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest. Raises NotRun unless it keeps its schema."""
        try:
            document = self.manifest_answer.document()
        except Broken:
            document = None
        if problems(document):
            raise NotRun("there is no manifest that can be read")
        told: dict[str, Any] = document
        return told

    @property
    def name(self) -> str:
        """What it calls itself."""
        return str(self.manifest["name"])

    @property
    def permissions(self) -> frozenset[str]:
        """Every permission of its own that its manifest names: the shell tells an app of no other."""
        listed = {item["id"] for item in self.manifest.get("permissions", ())}
        named = listed | {item["permission"] for item in self.places() if item.get("permission")}
        return frozenset(permission for permission in named if permission.startswith(f"{self.name}:"))

    def places(self, *kinds: str) -> list[dict[str, Any]]:
        """Whatever of the manifest has an href: all, or of these kinds. The badges stand in entries of the menu."""
        kinds = kinds or ("navigation", "badges", "slots", "interfaces")
        badges = [item["badge"] for item in self.manifest["navigation"] if "badge" in item]
        return [item for kind in kinds for item in (badges if kind == "badges" else self.manifest.get(kind, ()))]

    def href(self, item: Mapping[str, Any]) -> str:
        """An entry's path, its blanks filled in."""
        return re.sub(r"\{([a-z][a-z_]*)\}", lambda blank: self._about.get(blank[1], "1"), str(item["href"]))

    @cached_property
    def pages(self) -> list[Answer]:
        """Its pages as the menu names them. Raises NotRun when none can be had, NotApplicable when it has none."""
        if not self.places("navigation"):
            raise NotApplicable("it has no page in the menu")
        shown = self._shown("navigation")
        if not shown:
            raise NotRun("none of its pages is shown to a person who holds every permission")
        return shown

    @cached_property
    def fragments(self) -> list[Answer]:
        """Its pages, and what it offers to the menu and to pages of others."""
        pages = self.pages if self.places("navigation") else []
        return [*pages, *self._shown("badges"), *self._shown("slots")]

    def _shown(self, kind: str) -> list[Answer]:
        hrefs = dict.fromkeys(self.href(item) for item in self.places(kind)[:MOST])
        return [answer for href in hrefs if (answer := self.ask(href)).status == 200]

    @cached_property
    def description(self) -> dict[str, Any]:
        """Its OpenAPI document; empty when it has none."""
        answer = self.ask("/api/openapi.json", Wish(headers=JSON))
        document = answer.document() if answer.status == 200 else None
        return document if isinstance(document, dict) else {}

    @cached_property
    def api(self) -> str:
        """A path of its JSON interface; empty when it has none."""
        interfaces = [str(item["href"]) for item in self.places("interfaces")]
        return next(iter(interfaces), "/api/openapi.json" if self.description else "")

    @property
    def csrf(self) -> str:
        """The token of the session in whose name we ask."""
        return CSRF
