"""A browser as far as signing in needs one: cookies and their SameSite rules, redirects, meta refreshes."""

import html
import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]*)">')
_FORM = re.compile(r'<form[^>]* action="([^"]*)"')


@dataclass(frozen=True)
class Page:
    """One answer that the browser got."""

    url: str
    status: int
    headers: urllib3.HTTPHeaderDict
    text: str
    sent_cookies: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path with its query."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def session_cookies(self) -> list[str]:
        """The session cookies that the answer sets: those that are Strict."""
        return [header for header in self.headers.getlist("Set-Cookie") if "SameSite=Strict" in header]

    @property
    def form_action(self) -> str:
        """Where the page's first form goes."""
        found = _FORM.search(self.text)
        assert found, self.text
        return urljoin(self.url, html.unescape(found[1]))

    @property
    def leads_to(self) -> str | None:
        """Where the answer leads by itself."""
        if self.status in (301, 302, 303, 307):
            return urljoin(self.url, self.headers["Location"])
        found = _REFRESH.search(self.text)
        return urljoin(self.url, html.unescape(found[1])) if found else None


@dataclass
class Browser:
    """Cookies by host (ports are ignored, as browsers do) and everything it has seen."""

    cookies: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    seen: list[Page] = field(default_factory=list)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10))

    def open(self, url: str, *, source: str | None = None, stop: str | None = None) -> Page:
        """Navigate, from the page `source` or the address bar, as far as it leads or until a URL holds `stop`."""
        return self._follow(self._send("GET", url, source, crossed=_crosses(source, url)), source, stop)

    def post(
        self, url: str, fields: dict[str, str], *, source: str, headers: dict[str, str] | None = None, stop: str = ""
    ) -> Page:
        """Send a form from the page `source`, and go where the answer leads."""
        page = self._send("POST", url, source, crossed=_crosses(source, url), fields=fields, headers=headers)
        return self._follow(page, source, stop or None)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Page:
        """A script of the page's own origin asks; nothing is followed."""
        return self._send("GET", url, url, crossed=False, headers={"Sec-Fetch-Mode": "cors", **(headers or {})})

    def cookie(self, url: str, name: str) -> str | None:
        """The value of a cookie for the host of a URL."""
        kept = self.cookies.get(_host(url), {}).get(name)
        return kept[0] if kept else None

    def _follow(self, page: Page, source: str | None, stop: str | None) -> Page:
        crossed = _crosses(source, page.url)
        for _ in range(20):
            target = page.leads_to
            if target is None or (stop and stop in target):
                return page
            if page.status == 200:
                # A meta refresh is a new navigation that our own page begins; a redirect goes on with the old one.
                source, crossed = page.url, False
            crossed = crossed or _host(target) != _host(page.url)
            page = self._send("GET", target, source, crossed=crossed)
        raise AssertionError(f"too many redirects, the last to {page.url}")

    def _send(
        self,
        method: str,
        url: str,
        source: str | None,
        *,
        crossed: bool,
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Page:
        sent = {
            name: value
            for name, (value, same_site) in self.cookies.get(_host(url), {}).items()
            if not crossed or same_site == "None" or (same_site == "Lax" and method == "GET")
        }
        said = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": _fetch_site(source, url, crossed), **(headers or {})}
        if sent:
            said["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        if fields is not None:
            said["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields) if fields is not None else None
        answer = self.pool.request(method, url, body=body, headers=said, redirect=False)
        self._keep(url, answer.headers.getlist("Set-Cookie"))
        page = Page(url, answer.status, answer.headers, answer.data.decode(), tuple(sent))
        self.seen.append(page)
        return page

    def _keep(self, url: str, set_cookies: list[str]) -> None:
        jar = self.cookies.setdefault(_host(url), {})
        for header in set_cookies:
            for name, cookie in SimpleCookie(header).items():
                if name.startswith("__Host-"):
                    assert cookie["secure"], header
                    assert (cookie["path"], cookie["domain"]) == ("/", ""), header
                if _over(cookie):
                    jar.pop(name, None)
                else:
                    jar[name] = (cookie.value, str(cookie["samesite"]).capitalize() or "Lax")


def _over(cookie: "Morsel[str]") -> bool:
    if cookie["max-age"] != "":
        return int(cookie["max-age"]) <= 0
    return bool(cookie["expires"]) and parsedate_to_datetime(cookie["expires"]).timestamp() <= time.time()


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(url: str) -> str:
    return url.split("/", 3)[2]


def _crosses(source: str | None, url: str) -> bool:
    return source is not None and _host(source) != _host(url)


def _fetch_site(source: str | None, url: str, crossed: bool) -> str:
    if crossed:
        return "cross-site"
    if source is None:
        return "none"
    return "same-origin" if _origin(source) == _origin(url) else "same-site"
