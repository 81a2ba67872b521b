"""A small micro-frontend that keeps every clause, except those that it is told to break."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from bff.conformance.tests.doorkeeper import Doorkeeper

VIEW, AUDIT = "garden:gate:view", "garden:audit:view"
PAGE = """<h1>{words}</h1><p><a href="{mount}/gates/7" hx-get="{mount}/gates/7" hx-nonce="{nonce}">{words}</a></p>
<form method="post" action="{mount}/gates"><input type="hidden" name="csrf_token" value="{csrf}">
<label>Name <input name="name"></label> <button>Shut</button></form>"""
# What each flaw of a page's text does to it.
SPOILT: dict[str, Callable[[str], str]] = {
    "fragments.html": lambda body: f"<!doctype html><html><body>{body}</body></html>",
    "fragments.heading": lambda body: body.replace("h1>", "h2>"),
    "fragments.mount": lambda body: body + '<a href="/gates">Gates</a>',
    "fragments.policy": lambda body: body + '<p style="color:red">Red</p>',
    "fragments.nonce": lambda body: body + '<a href="x" hx-get="x">More</a>',
    "changes.field": lambda body: body + '<form method="post"><button>Shut</button></form>',
    "accessibility.axe": lambda body: body + '<img src="data:,"><input name="nameless">',
}
MANIFEST: dict[str, Any] = {
    "contract": "1",
    "name": "garden",
    "version": "7",
    "title": {"en": "Garden", "fr": "Jardin"},
    "navigation": [
        {
            "label": {"en": "Gates", "fr": "Portes"},
            "href": "/gates",
            "permission": VIEW,
            "badge": {"href": "/gates/open", "permission": VIEW},
        }
    ],
    "slots": [{"name": "home", "href": "/panel"}, {"name": "gate", "href": "/gates/{id}/panel", "permission": VIEW}],
    "permissions": [{"id": VIEW, "sentence": "See the gates"}, {"id": AUDIT, "sentence": "Read the audit"}],
    "interfaces": [{"name": "audit", "href": "/api/audit", "permission": AUDIT}],
}
ENTRY = dict.fromkeys(("seq", "at", "app", "actor", "action", "outcome", "hash", "previous"), "")
# What each flaw of the manifest changes in it.
UNTRUE: dict[str, dict[str, Any]] = {
    "manifest.contract": {"contract": "2"},
    "manifest.schema": {"navigation": "none"},
    "manifest.name": {"name": "orchard", "permissions": []},
    "manifest.hrefs": {"navigation": [{"label": "Gates", "href": "/../gates"}]},
    "manifest.permissions": {"permissions": []},
    "manifest.navigation": {"navigation": [{"label": "Gates", "href": "/nowhere"}]},
    "language.manifest": {"title": {"en": "Garden"}},
}


def garden(url: str, keys: Callable[[], Mapping[str, Any]], flaws: set[str]) -> Flask:
    """The app, which trusts the shell at `url`. What stands in `flaws` may change while it runs."""
    app, views = Flask(__name__), Views(Doorkeeper(url, keys, flaws), flaws)
    app.get("/manifest.json")(views.manifest)
    app.get("/gates")(views.gates)
    app.post("/gates")(app.post("/api/gates/<int:number>")(views.shut))
    app.get("/gates/open")(views.open_gates)
    app.get("/panel")(app.get("/gates/<int:number>/panel")(views.panel))
    app.get("/api/audit")(views.audit)
    app.get("/api/openapi.json")(views.description)
    _answer_errors(app, flaws)
    _add_headers(app, flaws)
    return app


class Views:
    """What the garden answers."""

    def __init__(self, door: Doorkeeper, flaws: set[str]) -> None:
        self._door, self._flaws = door, flaws
        self._kept: dict[str, str] = {}

    def _person(self, permission: str = "") -> dict[str, Any]:
        who = self._door.claims()
        blind = "identity.permission" in self._flaws or ("offers.closed" in self._flaws and permission == AUDIT)
        if permission and permission not in who["permissions"] and not blind:
            abort(403, description=f"It needs: {permission}")
        return who

    def _page(self, words: str, csrf: str) -> str:
        english = "language.french" in self._flaws or request.headers.get("Portal-Locale") != "fr"
        told = {name: request.headers.get(f"Portal-{name.title()}", "") for name in ("mount", "nonce")}
        body = PAGE.format(words=words if english else f"{words} (fr)", csrf=csrf, **told)
        return self._kept.setdefault("page", body) if "keeping.people" in self._flaws else body

    def manifest(self) -> Response:
        told = {**MANIFEST, **{key: value for flaw in self._flaws for key, value in UNTRUE.get(flaw, {}).items()}}
        if "manifest.answers" in self._flaws:
            abort(503)
        return _tagged(jsonify(told), always="manifest.conditional" in self._flaws)

    def gates(self) -> Response:
        if "keeping.person" in self._flaws and "If-None-Match" in request.headers:
            return Response(status=304)
        body = self._page("Gates", self._person(VIEW)["csrf"])
        for flaw in self._flaws & SPOILT.keys():
            body = SPOILT[flaw](body)
        if "HX-Request" in request.headers and self._flaws & {"keeping.vary", "fragments.htmx"}:
            body = f"<html>{body}</html>"
        answer = Response(body, headers={"Portal-Title": "Gates", "Cache-Control": "private, max-age=5"})
        if "fragments.cookies" in self._flaws:
            answer.set_cookie("seen", "yes")
        return _tagged(answer, always="keeping.conditional" in self._flaws)

    def shut(self, number: int = 0) -> Response:
        given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
        careless = "changes.without_token" in self._flaws or ("changes.foreign_token" in self._flaws and given)
        if given != self._person(VIEW)["csrf"] and not careless:
            abort(403)
        return Response(status=204)

    def panel(self, number: int = 0) -> Any:
        self._person(VIEW if number else "")
        if "offers.slots" in self._flaws:
            return jsonify(gates=3)
        return Response("<p>Three gates are open.</p>") if number else Response(status=204)

    def open_gates(self) -> str:
        self._person(VIEW)
        return "<b>3</b>" if "offers.badges" in self._flaws else '<data value="3">3 gates are open</data>'

    def audit(self) -> Response:
        self._person(AUDIT)
        return jsonify(entries=[{} if "offers.interfaces" in self._flaws else ENTRY], total_known=1)

    def description(self) -> Response:
        self._person()
        return jsonify(paths={"/api/gates/{number}": {"post": {}}})


def _tagged(answer: Response, *, always: bool) -> Response:
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest())
    if not always:
        answer.make_conditional(request)
    return answer


def _answer_errors(app: Flask, flaws: set[str]) -> None:
    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        flaw = {404: "failures.page", 405: "failures.method"}.get(error.code or 0)
        if request.path.startswith("/api/"):
            clauses = {401: "alone.api", 404: "failures.api"}
            kind = "application/json" if clauses.get(error.code or 0) in flaws else "application/problem+json"
            answer = jsonify(title=error.name, status=error.code, detail=error.description)
            answer.mimetype, answer.status_code = kind, error.code or 500
            return answer
        trace = "<pre>Traceback (most recent call last)</pre>" if "alone.quiet" in flaws else ""
        body = f"<html>{error.name}</html>" if flaw in flaws else f"<h1>{error.name}</h1>{trace}{error.description}"
        return Response(body, error.code)


def _add_headers(app: Flask, flaws: set[str]) -> None:
    @app.after_request
    def headers(answer: Response) -> Response:
        told = {"Portal-Version": "7", "Content-Language": request.headers.get("Portal-Locale", "en")}
        told["X-Content-Type-Options"] = "nosniff"
        told["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        for flaw, name in {
            "fragments.version": "Portal-Version",
            "language.said": "Content-Language",
            "alone.headers": "X-Content-Type-Options",
        }.items():
            if flaw in flaws:
                del told[name]
        if "fragments.title" in flaws:
            told["Portal-Title"] = "Les portes fermées".encode().decode("latin-1")
        if "keeping.private" in flaws:
            told["Cache-Control"] = "public, max-age=60"
        answer.headers.update(told)
        return answer
