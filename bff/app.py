"""Puts the wings together: one call makes an app that knows who asks, refuses, speaks two languages, is watched."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request
from flask_compress import Compress
from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined
from werkzeug import routing
from werkzeug.middleware.proxy_fix import ProxyFix

import static
from bff import stopping
from bff.access.permissions import PermissionBase, public, refuse_undeclared, signed_in
from bff.access.rights import Access
from bff.access.stores import store_for
from bff.change import audit_wiring, wiring
from bff.change.actions import Action
from bff.change.vocabulary import audit_permission
from bff.contract.manifest import Manifest, keep_fragments
from bff.identity import login
from bff.identity.assertion import Verifier, fetch_jwks
from bff.logs import configure_logs
from bff.settings import Settings
from bff.web import api, bearer, failures, guides, layout, locale, observe, security
from bff.web.guard import Guard
from bff.web.rates import Rate

_MOUNT = re.compile(r"^/[a-z][a-z0-9-]{0,31}$")


class IntegerConverter(routing.IntegerConverter):
    """A number in an address, as large as any database counts: a longer one leads nowhere."""

    regex = "[0-9]{1,18}"


@dataclass(frozen=True)
class Parts:
    """What an app brings: routes, vocabulary, readiness checks, actions, and a menu where that is not its own."""

    blueprints: Sequence[Blueprint]
    permissions: type[PermissionBase] | None = None
    checks: Mapping[str, observe.Check] = field(default_factory=dict)
    menu: Callable[[], list[layout.MenuGroup]] | None = None
    actions: Sequence[Action] = ()


def create_app(package: str, settings: Settings, manifest: Manifest, parts: Parts) -> Flask:
    """The app of a package, which holds its templates and translations. Raises UndeclaredRoute for an open route."""
    configure_logs(settings.log_level)
    _trace(settings, manifest)
    app = _bare(package, settings)
    access = Access.of(settings.roles_dir, store_for(settings.access_database_url))
    app.extensions.update(portal_manifest=manifest, portal_access=access, portal_settings=settings)
    vocabulary = _vocabulary(app, manifest, parts.permissions)
    locale.install(app, ("bff", package))
    audit = audit_wiring.make_log(settings, manifest)
    checks = {**audit_wiring.checks(settings, audit, parts.checks), **access.checks(), "stopping": stopping.problem}
    checks["approval policy"] = partial(wiring.policy_in_force, app)
    observe.install(app, manifest.name, settings, checks)
    security.install(app)
    layout.install(app, parts.menu)
    failures.install(app)
    bearer.install(app)
    audit_wiring.install(app, audit)
    _compress(app)
    _guard(settings, manifest, access).install(app)
    _register(app, settings, manifest, parts)
    if not any(rule.rule == "/" for rule in app.url_map.iter_rules()):
        app.add_url_rule("/", "start", signed_in(layout.start))
    guides.install(app, package)
    refuse_undeclared(app)
    document = manifest.serialise(app, vocabulary)
    app.extensions["portal_manifest_document"] = document
    _say_version(app)
    keep_fragments(app, manifest)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.wsgi_app = static.serve(_mounted(app.wsgi_app), headers=security.file_headers(settings.base_url))  # type: ignore[method-assign]
    return app


def _trace(settings: Settings, manifest: Manifest) -> None:
    """Have traces collected where they are wanted; elsewhere nothing of OpenTelemetry is even loaded."""
    if settings.otlp_endpoint:
        from bff import otlp  # an extra, which is not installed everywhere

        otlp.start(settings.otlp_endpoint, manifest.name, manifest.version, settings.environment)


def _bare(package: str, settings: Settings) -> Flask:
    """The app with its templates before the library's, and nothing in it yet."""
    app = Flask(package, static_folder=None)
    app.config.update(
        BASE_URL=settings.base_url,
        ENVIRONMENT=settings.environment,
        TIME_ZONE=settings.time_zone,
        MAX_FORM_MEMORY_SIZE=1_000_000,
    )
    app.url_map.converters["int"] = IntegerConverter
    app.jinja_env.undefined = StrictUndefined
    own = [PackageLoader(package)] if (Path(app.root_path) / "templates").is_dir() else []
    app.jinja_loader = ChoiceLoader([*own, PackageLoader("bff.web")])
    return app


def _compress(app: Flask) -> None:
    """Pages, not files and not streams. The Strict session cookie keeps other sites from measuring what they hold."""
    app.config.update(COMPRESS_MIMETYPES=["text/html"], COMPRESS_STREAMS=False, COMPRESS_ALGORITHM=["br", "gzip"])
    Compress(app)


def _guard(settings: Settings, manifest: Manifest, access: Access) -> Guard:
    verifier = None
    if settings.shell_url:
        keys = settings.shell_keys
        fetch = (lambda: json.loads(keys.read_text("utf-8"))) if keys else (lambda: fetch_jwks(settings.shell_url))
        verifier = Verifier(settings.shell_url, manifest.name, fetch)
    return Guard(verifier, access, bearer.Bearers.of(settings, access))


def _register(app: Flask, settings: Settings, manifest: Manifest, parts: Parts) -> None:
    auth = login.auth_blueprint(app, settings, manifest.name)
    _count_logins(auth, Rate(settings.login_rate, settings.redis_url, "login"))
    changing = wiring.install(app, manifest.name, settings, parts.actions)
    for blueprint in (auth, *changing, *parts.blueprints):
        app.register_blueprint(blueprint)
    api.describe_the_rest(app)
    app.add_url_rule("/manifest.json", "manifest", public(lambda: jsonify(app.extensions["portal_manifest_document"])))
    # Browsers ask for it by themselves on pages that name no icon.
    app.add_url_rule("/favicon.ico", "favicon", public(lambda: redirect(static.asset_url("favicon.svg"))))
    app.add_url_rule("/preferences", "preferences", public(_preferences))
    if settings.environment == "sandbox":
        app.add_url_rule("/gallery", "gallery", public(lambda: layout.render("gallery.html", title="Gallery")))


def _count_logins(auth: Blueprint, rate: Rate) -> None:
    """By address. Not sign-outs, and not the provider's notices, which come from one address for everybody."""

    @auth.before_request
    def count() -> None:
        if request.endpoint in login.COUNTED:
            rate.spend(request.endpoint, request.remote_addr or "")


def _preferences() -> Any:
    answer = redirect(login.safe_next(request.args.get("next", "/")))
    wish = request.args.get("language", "")
    if wish in locale.LANGUAGES:
        secure = current_app.config["BASE_URL"].startswith("https://")
        name = locale.language_cookie()
        answer.set_cookie(name, wish, max_age=31_536_000, samesite="Lax", httponly=True, secure=secure)
    return answer


def know(app: Flask, permissions: type[PermissionBase]) -> None:
    """Have the app know these permissions from now on, and say so: its version changes with them, so shells ask again.

    For an app whose permissions come from content that changes while it runs.
    """
    manifest: Manifest = app.extensions["portal_manifest"]
    document = manifest.serialise(app, _vocabulary(app, manifest, permissions))
    known = json.dumps(document["permissions"], sort_keys=True)
    said = f"{manifest.version}+{hashlib.sha256(known.encode()).hexdigest()[:12]}"
    app.extensions["portal_manifest_document"] = {**document, "version": said}


def _vocabulary(app: Flask, manifest: Manifest, permissions: type[PermissionBase] | None) -> tuple[PermissionBase, ...]:
    vocabulary = (*(permissions or ()), audit_permission(manifest.name))
    app.extensions["portal_permissions"] = {str(known): known.sentence for known in vocabulary}
    return vocabulary


def _say_version(app: Flask) -> None:
    @app.after_request
    def version(response: Response) -> Response:
        response.headers["Portal-Version"] = app.extensions["portal_manifest_document"]["version"]
        return response


def _mounted(wsgi: Any) -> Any:
    """Serve under the path at which the shell mounts the app, so that every link it makes leads through the shell."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        mount = environ.get("HTTP_PORTAL_MOUNT", "")
        if "HTTP_PORTAL_IDENTITY" in environ and _MOUNT.match(mount):
            environ["SCRIPT_NAME"] = mount
        answer: Iterable[bytes] = wsgi(environ, start_response)
        return answer

    return serve
