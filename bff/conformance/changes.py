"""What it does before it changes anything: a change carries the token of the session in whose name it comes."""

import re
import secrets
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin

from bff.conformance.clauses import NotApplicable, clause, some_of
from bff.conformance.subject import HTML, MOUNT, Subject, Wish

ROUTES: Final = 100
CHANGING: Final = ("post", "put", "patch", "delete")
REFUSED: Final = (400, 401, 403)
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_REMEDY: Final = (
    "Compare X-CSRF-Token, or the form field `csrf_token`, with the claim `csrf` before anything else; answer 403."
)


def _routes(app: Subject) -> Iterator[tuple[str, str]]:
    """Methods and paths that change something: those of the forms on its pages, and those of its OpenAPI document."""
    for page in app.pages:
        for form in page.markup.posting:
            target = urljoin(MOUNT + page.path, form.action)
            if target.startswith(MOUNT):
                yield "post", target.removeprefix(MOUNT) or "/"
    for path, methods in app.description.get("paths", {}).items():
        yield from ((method, re.sub(r"\{[^}]+\}", "1", path)) for method in methods if method in CHANGING)


def _sent(app: Subject, token: str) -> str:
    """What was seen of changes sent with a token that is not the session's. Raises Broken or NotApplicable."""
    routes = list(dict.fromkeys(_routes(app)))[:ROUTES]
    if not routes:
        raise NotApplicable("neither its pages nor its OpenAPI document name a change")
    wrong = []
    for method, path in routes:
        given = {"X-CSRF-Token": token} if token else {}
        api = path.startswith("/api/")
        headers = {**HTML, **given, **(_JSON if api else _FORM)}
        answer = app.ask(path, Wish(method=method.upper(), headers=headers, body=b"{}" if api else b""))
        if answer.status not in REFUSED:
            wrong.append(f"{method.upper()} {path} answers {answer.status}")
    return some_of(wrong, f"{len(routes)} changes refused")


@clause("changes.without_token", "A change without the session's token is refused.", _REMEDY)
def _without(app: Subject) -> str:
    return _sent(app, "")


@clause("changes.foreign_token", "A change with the token of another session is refused.", _REMEDY)
def _foreign(app: Subject) -> str:
    return _sent(app, secrets.token_urlsafe(24))


@clause(
    "changes.field",
    "Every form that changes something carries the session's token.",
    "Put the claim `csrf` into a hidden field `csrf_token` of each form with `method=post`.",
)
def _field(app: Subject) -> str:
    forms = [(page, form) for page in app.pages for form in page.markup.posting]
    if not forms:
        raise NotApplicable("no page has such a form")
    wrong = [page.path for page, form in forms if form.fields.get("csrf_token") != app.csrf]
    return some_of(wrong, f"{len(forms)} forms")
