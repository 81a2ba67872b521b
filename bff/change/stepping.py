"""The way to a stronger login and back to the same form, with nothing lost that was typed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bff.change.drafts import Drafts
from bff.errors import StepUpNeeded
from bff.web import htmx
from bff.web.layout import asker, composed

DRAFT = "draft"
LOGIN = "/auth/login"  # the shell's, which is the browser's way in whichever app the form is of


def to_stronger_login(needed: StepUpNeeded, drafts: Drafts, fields: Mapping[str, str]) -> AnyResponse:
    """Send the browser to the provider; it comes back to this address, where the fields are found again."""
    key = drafts.keep(asker().subject, fields)
    return _leave(login_url(needed, f"{request.script_root}{request.path}?{urlencode({DRAFT: key})}"))


def login_url(needed: StepUpNeeded, back_to: str) -> str:
    """The address that asks for such a login, and then leads back."""
    wishes = {"acr": " ".join(needed.acr), "max_age": needed.max_age}
    query = urlencode({"next": back_to, **{name: value for name, value in wishes.items() if value not in ("", None)}})
    return f"{LOGIN if composed() else url_for('auth.login')}?{query}"


def _leave(url: str) -> AnyResponse:
    return htmx.go_to(url) if htmx.asked() else redirect(url, 303)
