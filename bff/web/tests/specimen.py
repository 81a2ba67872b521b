"""A small app that draws the gallery as the real ones do, with a person of the test's choosing."""

from flask import Flask, Response, redirect, render_template, request
from jinja2 import StrictUndefined

import static
from bff.identity.principal import Identity
from bff.web import formats, locale, security

WHO = Identity(
    "u-olivia", "Olivia Okello", "olivia", frozenset(), True, frozenset(), ("operator",), "a-token", "5e55", None, None
)


def specimen_app(who: Identity | None = WHO, environment: str = "sandbox") -> Flask:
    """The gallery at /gallery, whole or as a fragment for htmx; a POST there leads back, or is refused with ?refuse."""
    app = Flask("bff.web", template_folder="templates", static_folder=None)
    app.config.update(TIME_ZONE="Africa/Nairobi", BASE_URL="http://localhost")
    app.jinja_env.undefined = StrictUndefined
    locale.install(app, ("bff",))
    security.install(app)
    formats.install(app)
    app.jinja_env.globals.update(
        identity=lambda: who,
        environment=lambda: environment,
        hub_zone=lambda: "Africa/Nairobi",
        navigation=list,
        asset=static.asset_url,
        integrity=static.integrity,
    )

    @app.route("/gallery", methods=["GET", "POST"])
    def gallery() -> Response:
        if request.method == "POST":
            return redirect("/gallery?done=1", 303)  # type: ignore[return-value]
        bare = request.headers.get("HX-Request") == "true"
        page = render_template("gallery.html", layout="fragment.html" if bare else "page.html", title="Gallery")
        return Response(("<title>Gallery</title>" if bare else "") + page)

    app.wsgi_app = static.serve(app.wsgi_app)  # type: ignore[method-assign]
    return app
