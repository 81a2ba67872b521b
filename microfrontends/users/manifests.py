"""What other micro-frontends call their permissions and put into the menu, asked of their manifests over HTTP."""

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from bff.texts import Text

DEADLINE_S = 1.0
FRESH_S = 60.0
LARGEST = 512 * 1024  # bytes of a manifest
log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """An entry of a menu, and the permission that it takes; without one everybody sees it."""

    label: Text
    permission: str


@dataclass(frozen=True)
class AppWords:
    """What one app says of itself: its title, what its permissions mean, its menu."""

    name: str
    title: Text
    sentences: Mapping[str, Text]
    menu: tuple[Entry, ...]


class Manifests:
    """The manifests of some apps by name and URL. What an app said last stands while it does not answer."""

    def __init__(self, origins: Mapping[str, str], own: Mapping[str, Any] | None = None) -> None:
        self._origins = {name: url.rstrip("/") for name, url in origins.items()}
        self._known = {str(own["name"]): read(own)} if own else {}
        self._own = frozenset(self._known)
        self._pool = urllib3.PoolManager(num_pools=8, maxsize=2, retries=False)
        self._lock, self._until = threading.Lock(), 0.0

    def apps(self) -> Mapping[str, AppWords]:
        """Every app that has ever answered, in the order of the menu; at most a minute old."""
        if time.monotonic() >= self._until and self._lock.acquire(blocking=self._until == 0.0):
            try:
                self._ask_again()
            finally:
                self._lock.release()
        return {name: self._known[name] for name in (*self._origins, *self._own) if name in self._known}

    def sentence(self, permission: str) -> Text:
        """What a permission lets its holder do; empty where its app has not said."""
        app = self.apps().get(permission.partition(":")[0])
        return app.sentences.get(permission, "") if app else ""

    def _ask_again(self) -> None:
        if time.monotonic() < self._until:
            return
        names = [name for name in self._origins if name not in self._own]
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            told = dict(zip(names, pool.map(self._ask, names), strict=True))
        self._known |= {name: words for name, words in told.items() if words}
        self._until = time.monotonic() + FRESH_S

    def _ask(self, name: str) -> AppWords | None:
        try:
            answer = self._pool.request(
                "GET",
                f"{self._origins[name]}/manifest.json",
                timeout=Timeout(total=DEADLINE_S),
                redirect=False,
                preload_content=False,
            )
            body = answer.read(LARGEST)
            answer.release_conn()
            return read(json.loads(body)) if answer.status == 200 else None
        except (HTTPError, ValueError, KeyError, TypeError, AttributeError) as problem:
            log.warning("manifest_unread", app=name, problem=type(problem).__name__)
            return None


def read(document: Mapping[str, Any]) -> AppWords:
    """What a manifest says. Raises KeyError, TypeError or AttributeError for what is none."""
    return AppWords(
        str(document["name"]),
        _text(document["title"]),
        {str(each["id"]): _text(each["sentence"]) for each in document.get("permissions") or ()},
        tuple(
            Entry(_text(each["label"]), str(each.get("permission") or "")) for each in document.get("navigation") or ()
        ),
    )


def _text(told: Any) -> Text:
    if isinstance(told, str):
        return told
    return {str(language): str(words) for language, words in told.items()} | {"en": str(told["en"])}
