"""Page or fragment: the same template answers a navigation, an htmx request and the shell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

import static
from bff.access.permissions import ANY_LOGIN, ANYONE, access_of
from bff.errors import NotPermitted, NotSignedIn
from bff.identity.principal import Identity
from bff.web import formats, htmx
from bff.web.locale import spoken


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu as it is shown to this person."""

    label: str
    href: str
    icon: str
    current: bool = False
    badge: str = ""  # the place of what the shell puts beside it after the page
    ahead: bool = False  # whether the page may be asked for before it is opened


@dataclass(frozen=True)
class MenuGroup:
    """One app's entries under its title; `unavailable_since` is a time of day when it does not answer."""

    name: str
    title: str
    items: Sequence[MenuItem]
    unavailable_since: str = ""


def composed() -> bool:
    """Whether the shell asks, and puts the answer into its own frame."""
    return bool(g.get("composed"))


def identity() -> Identity | None:
    """Who asks; None where nobody is signed in."""
    who: Identity | None = g.get("identity")
    return who


def asker() -> Identity:
    """Who asks, for views behind a login, where there is always somebody. Raises NotSignedIn."""
    who = identity()
    if who is None:
        raise NotSignedIn
    return who


def render(template: str, *, title: str, status: int = 200, **context: Any) -> Response:
    """A page by its template and title: whole when run alone, a bare fragment for the shell and for htmx."""
    bare = composed() or htmx.asked()
    frame = {"layout": "fragment.html"} if bare else {"layout": "page.html", "nav": menu()}
    body = render_template(template, title=title, **frame, **context)
    response = Response(body, status, mimetype="text/html")
    response.vary.add(htmx.REQUEST)
    if composed():
        response.headers["Portal-Title"] = quote(title)
    elif bare:
        response.data = f"<title>{escape(title)}</title>{body}"
    return response


def render_part(template: str, *, status: int = 200, **context: Any) -> Response:
    """A piece of a page that is swapped into its place: no frame, and the page keeps its title."""
    response = Response(render_template(template, **context), status, mimetype="text/html")
    response.vary.add(htmx.REQUEST)
    return response


def allowed(endpoint: str, method: str = "GET") -> bool:
    """Whether the present identity may use an endpoint of this app; what templates ask before they show a link."""
    if endpoint.startswith("."):
        endpoint = (request.blueprint or "") + endpoint
    access = access_of(current_app, endpoint, method)
    who = identity()
    if access is None:
        raise LookupError(f"no endpoint {endpoint!r} with {method}")
    return access == ANYONE or (who is not None and (access == ANY_LOGIN or who.may(access)))


def menu() -> list[MenuGroup]:
    """The menu of the frame for whoever is signed in."""
    made: list[MenuGroup] = current_app.extensions["portal_menu"]() if identity() else []
    return made


def start() -> AnyResponse:
    """Where an app begins: its first page that this person may open."""
    items = current_app.extensions["portal_manifest"].navigation
    open_to_them = next((item for item in items if allowed(item.endpoint)), None)
    if open_to_them is None:
        raise NotPermitted(str(access_of(current_app, items[0].endpoint))) if items else NotFound
    return redirect(url_for(open_to_them.endpoint))


def role_titles() -> list[str]:
    """The roles of whoever is signed in, as the role files call them in the reader's language."""
    who, roles = identity(), current_app.extensions["portal_access"].book.roles
    return [spoken(roles[name].title) for name in (who.roles if who else ()) if name in roles]


def own_menu() -> list[MenuGroup]:
    """The menu of an app that runs alone: its own entries, those that this person may open."""
    manifest = current_app.extensions["portal_manifest"]
    items = [
        MenuItem(str(item.label), url_for(item.endpoint), item.icon, item.endpoint == request.endpoint, "", item.ahead)
        for item in manifest.navigation
        if allowed(item.endpoint)
    ]
    return [MenuGroup(manifest.name, str(manifest.title), items)] if items else []


def install(app: Flask, menu: Callable[[], list[MenuGroup]] | None) -> None:
    """Give templates the frame's facts and the globals that pages and macros use."""
    app.extensions["portal_menu"] = menu or own_menu
    app.jinja_env.globals.update(
        allowed=allowed,
        identity=identity,
        asset=static.asset_url,
        integrity=static.integrity,
        role_titles=role_titles,
        environment=lambda: app.config["ENVIRONMENT"],
        hub_zone=lambda: app.config["TIME_ZONE"],
        idle_seconds=lambda: app.extensions["portal_settings"].idle_minutes * 60,
    )
    formats.install(app)
