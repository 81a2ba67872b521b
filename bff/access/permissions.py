"""Every route declares once who may use it; an app with a route that declares nothing does not start."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"  # health, login, the manifest: no identity needed
ANY_LOGIN = "any login"  # a person is known, and needs no permission
_MARK = "__access__"


class PermissionBase(StrEnum):
    """A vocabulary of permissions: `<app>:<noun>:<verb>`, each with a plain sentence.

    `SHUT = "garden:gate:shut", _l("Shut the garden gate")`
    """

    sentence: Any

    def __new__(cls, value: str, sentence: Any = "") -> "PermissionBase":
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


class UndeclaredRoute(Exception):
    """Routes without a declaration; the message says how to repair each."""


def _declare(access: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _MARK, access)
        return view

    return mark


def requires(permission: StrEnum) -> Callable[[View], View]:
    """The view serves only identities that hold the permission."""
    return _declare(str(permission))


def signed_in(view: View) -> View:
    """The view serves anyone who is signed in."""
    return _declare(ANY_LOGIN)(view)


def public(view: View) -> View:
    """The view serves anyone at all."""
    return _declare(ANYONE)(view)


def access_of(app: Flask, endpoint: str, method: str = "GET") -> str | None:
    """What the endpoint declares for a method: a permission id, ANY_LOGIN, ANYONE, or None when it declares nothing."""
    view = app.view_functions.get(endpoint)
    handler = getattr(getattr(view, "view_class", None), method.lower(), None)
    declared = getattr(handler, _MARK, None) or getattr(view, _MARK, None)
    return str(declared) if declared else None


def refuse_undeclared(app: Flask) -> None:
    """Raise UndeclaredRoute when any route of the app declares nothing."""
    missing = sorted(
        f"{rule.rule} ({rule.endpoint}, {method}) declares no access: put @requires, @signed_in or @public on its view"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if access_of(app, rule.endpoint, method) is None
    )
    if missing:
        raise UndeclaredRoute("\n".join(missing))
