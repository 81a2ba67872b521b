"""How an app's JSON interface describes itself: one OpenAPI document at /api/openapi.json, read off its routes."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from flask_babel import gettext as _
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from bff.access.permissions import signed_in
from bff.web.failures import Failure, answer

_LIBRARYS = "portal_described"


class Problem(Schema):
    """What went wrong (RFC 9457). `code` is the hub's own where the hub refused; support searches for `reference`."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String()
    permission = fields.String()
    reference = fields.String()


class QuietApi(Api):  # type: ignore[misc]  # the package ships no types
    """The description only: what goes wrong is answered by `bff.web.failures`, in one shape for every app."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave the app's handlers alone."""


def described(*blueprints: Any) -> Blueprint:
    """One blueprint of an app's flask-smorest blueprints and of the document that describes them."""
    whole = Blueprint("described", __name__)
    whole.record(lambda setup: _describe(setup.app, blueprints))
    return whole


def also_described(app: Flask, blueprint: Any) -> None:
    """Let the library's own endpoints stand in the app's document."""
    app.extensions.setdefault(_LIBRARYS, []).append(blueprint)


def describe_the_rest(app: Flask) -> None:
    """Make the document of an app that describes nothing of its own, for the library's endpoints in it."""
    if _LIBRARYS in app.extensions and "openapi" not in app.view_functions:
        _describe(app, ())


def _describe(app: Any, own: tuple[Any, ...]) -> None:
    manifest, blueprints = app.extensions["portal_manifest"], (*own, *app.extensions.get(_LIBRARYS, ()))
    app.config.update(
        API_TITLE=f"BizOps Portal: {manifest.name}", API_VERSION=manifest.version, OPENAPI_VERSION="3.1.0"
    )
    app.register_error_handler(422, _unprocessable)
    api = QuietApi(app)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)

    @signed_in
    def document() -> Response:
        return jsonify({**api.spec.to_dict(), "servers": [{"url": request.script_root or "/"}]})

    app.add_url_rule("/api/openapi.json", "openapi", document)


def _unprocessable(error: HTTPException) -> Response:
    return unprocessable(getattr(error, "data", {}).get("messages", {}))


def unprocessable(told: Mapping[str, Any]) -> Response:
    """What is wrong with which field, by the place in which it was sent."""
    problems = [problem for place in told.values() for problem in _problems("", place)]
    return answer(Failure(422, _("The request cannot be understood"), " ".join(problems)))


def _problems(name: str, said: Any) -> Iterator[str]:
    """Sentences about a field, each with the field's name; those of a list's items too, with their number."""
    if isinstance(said, Mapping):
        for key, more in said.items():
            yield from _problems(f"{name}.{key}" if name else str(key), more)
    else:
        yield f"{name}: {' '.join(map(str, said))}"
