"""A small site that draws the gallery as real apps do, and a few pages that answer well and badly."""

import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, render_template_string, request
from jinja2 import StrictUndefined

import static
from bff.identity.principal import Identity
from bff.web import formats, locale, security

WHO = Identity("u-olivia", "Olivia Okello", "olivia", frozenset(), True, frozenset(), ("operator",), "a-token", "5e55")
HEAD = '{% extends layout %}{% import "pieces.html" as ui %}{% block main %}{{ ui.page_head(title) }}'
ONE = HEAD + (
    '<a href="/two">To two</a> <a href="/broken">Broken</a> <a href="/away">Away</a> <a href="/rows.csv">Rows</a>'
    ' {{ ui.button_link("Ask", "/ask", dialog=True) }}'
    '{% set word = {"name": "q", "label": "Word", "value": request.args.get("q", "")} %}'
    '{{ ui.filter_bar(fields=[word, {"name": "r", "label": "Other"}]) }}'
    '{% set columns = [{"key": "n", "label": "Row", "href": "href", "sort": True}, {"key": "v", "label": "Value"}] %}'
    '{{ ui.table(columns, rows, "Rows") }}'
    "{% endblock %}"
)
TWO = HEAD + '<p>Posted {{ posted }}</p><a href="/one">To one</a> <a href="/ask">Say why</a>{% endblock %}'
COUNTED = HEAD + (
    '<p>New: <span id="count" hx-get="/away" hx-trigger="load" hx-target="this" hx-swap="innerHTML"'
    ' hx-nonce="{{ csp_nonce() }}">3</span></p>{% endblock %}'
)
ASK = HEAD + (
    '{% if refused %}{{ ui.errors([("reason", "Say why.")]) }}{% endif %}'
    '{% call ui.confirm("It is done twice as fast.", "/ask", "Do it", "/one", reason="optional") %}'
    '{{ ui.field("refuse", "Refuse", "checkbox") }}{% endcall %}{% endblock %}'
)
MENU = [
    {
        "name": "walk",
        "title": "Walk",
        "unavailable_since": "",
        "items": [{"label": n, "href": f"/{n.lower()}", "icon": "dot", "current": False} for n in ("One", "Two")],
    }
]
pages = Blueprint("pages", __name__)


def draw(template: str, title: str, status: int = 200, **more: Any) -> Response:
    """A template whole, or bare with its title in front for htmx."""
    bare = request.headers.get("HX-Request") == "true"
    layout = "fragment.html" if bare else "page.html"
    make = render_template if template.endswith(".html") else render_template_string
    body = make(template, title=title, layout=layout, **more)
    return Response((f"<title>{title}</title>" if bare else "") + body, status)


@pages.get("/gallery")
def gallery() -> Response:
    """Every piece."""
    return draw("gallery.html", "Gallery")


@pages.get("/one")
def one() -> Response:
    """Links, a filter and a table."""
    rows = [{"n": n, "href": f"/two?row={n}", "v": "x" * n} for n in range(1, 60)]
    return draw(ONE, "One", rows=rows)


@pages.get("/two")
def two() -> Response:
    """Says how often something was posted."""
    return draw(TWO, "Two", posted=current_app.config["POSTED"])


@pages.get("/counted")
def counted() -> Response:
    """A count that is asked for anew, in vain."""
    return draw(COUNTED, "Counted")


@pages.route("/ask", methods=["GET", "POST"])
def ask() -> Any:
    """A question; its POST is slow, counts itself, and leads on or is refused."""
    if request.method == "GET":
        return draw(ASK, "Ask", refused=False)
    time.sleep(0.3)
    current_app.config["POSTED"] += 1
    if request.form.get("refuse"):
        return draw(ASK, "Ask", 422, refused=True)
    return redirect("/two", 303)


@pages.get("/broken")
def broken() -> Response:
    """An answer that some machine between gave."""
    return Response("<h1>Bad gateway</h1> nginx", 502)


@pages.get("/away")
def away() -> Response:
    """Our own page for what does not answer."""
    return Response("<div data-portal-error><h1>The hub does not answer</h1></div>", 502)


@pages.get("/rows.csv")
def rows() -> Response:
    """A file."""
    return Response(
        "n\n1\n", headers={"Content-Type": "text/csv", "Content-Disposition": "attachment; filename=rows.csv"}
    )


def specimen_app(who: Identity | None = WHO, environment: str = "sandbox") -> Flask:
    """The site as a person sees it; None is a visitor."""
    app = Flask("bff.web", template_folder="templates", static_folder=None)
    app.config.update(TIME_ZONE="Africa/Nairobi", BASE_URL="http://localhost", POSTED=0)
    app.jinja_env.undefined = StrictUndefined
    locale.install(app, ("bff",))
    security.install(app)
    formats.install(app)
    app.jinja_env.globals.update(
        identity=lambda: who,
        environment=lambda: environment,
        role_titles=lambda: ["Hub operator"] if who else [],
        hub_zone=lambda: "Africa/Nairobi",
        idle_seconds=lambda: 900,
        guide_here=lambda: {"href": "/help/garden", "title": "Water the garden", "apart": False},
        guides_at="/help",
        navigation=lambda: MENU if who else [],
        asset=static.asset_url,
        integrity=static.integrity,
    )
    app.register_blueprint(pages)
    app.wsgi_app = static.serve(app.wsgi_app)  # type: ignore[method-assign]
    return app
