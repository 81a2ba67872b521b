"""Which language and time zone a response speaks, and the catalogues (`translations/<language>.po`) it speaks from."""

from functools import cache
from importlib.resources import files
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale
from werkzeug.test import EnvironBuilder

from bff.texts import Text, in_language

LANGUAGES = ("en", "fr")
_LANGUAGE_COOKIE = "portal-language"


class PoDomain(Domain):
    """Catalogues read from `.po` files at first use: no compiled file that may be stale."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Flask-Babel types its answers only
        self._packages = packages

    def get_translations(self) -> NullTranslations:
        """The catalogue of the present locale."""
        locale = get_locale()
        return catalogue(self._packages, locale.language if locale else "en")


@cache
def catalogue(packages: tuple[str, ...], language: str) -> NullTranslations:
    """The merged catalogue of the packages in one language; later packages win."""
    merged: Translations | None = None
    for package in packages:
        path = Path(str(files(package))) / "translations" / f"{language}.po"
        if path.exists():
            merged = _compiled(path) if merged is None else merged.merge(_compiled(path))
    return merged or NullTranslations()


def _compiled(path: Path) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, read_po(StringIO(path.read_text("utf-8"))))
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask, packages: tuple[str, ...]) -> None:
    """Teach the app its languages; `packages` are those whose `translations` folder it speaks from."""
    babel = Babel()  # type: ignore[no-untyped-call]
    babel.init_app(  # type: ignore[no-untyped-call]
        app, default_locale="en", locale_selector=language, timezone_selector=time_zone
    )
    babel.domain_instance = PoDomain(packages)
    app.jinja_env.globals["language"] = language
    app.after_request(_say_language)


def _say_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Language", language())
    return response


def language_cookie() -> str:
    """What the cookie of a person's choice is called; over TLS it is bound to this host by its name."""
    prefix = "__Host-" if current_app.config["BASE_URL"].startswith("https://") else ""
    return prefix + _LANGUAGE_COOKIE


def language() -> str:
    """The language of this response: what the shell passed on, the person's own choice, or the browser's wish."""
    if not has_request_context():
        return "en"
    for wish in (request.headers.get("Portal-Locale"), request.cookies.get(language_cookie())):
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(LANGUAGES) or "en"


def spoken(text: Text) -> str:
    """A text in the language of the present answer."""
    return in_language(text, str(get_locale() or "en"))


def time_zone() -> str:
    """The hub's time zone: figures of one hub are shown in one zone to everyone."""
    return str(current_app.config["TIME_ZONE"])


def in_every_language(app: Flask, text: Any) -> dict[str, str]:
    """A lazy text in each of the portal's languages."""
    said: dict[str, str] = {}
    with app.request_context(EnvironBuilder().get_environ()):  # Flask's own way would load a debugger
        for code in LANGUAGES:
            with force_locale(code):
                said[code] = str(text)
    return said
