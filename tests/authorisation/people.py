"""People with real sessions at an app, and clients with access tokens; what they hold is in the real store."""

import time

from flask import Flask
from flask.testing import FlaskClient

from bff.access.assignments import SqlAssignments
from bff.access.files import Role
from bff.identity.current import EXTENSION
from bff.identity.sessions import Session, Tokens
from bff.testing import CSRF, machine


def machine_of(app: Flask, role: Role, bound_to: tuple[str, ...]) -> FlaskClient:
    """A client of the provider that holds this one role and belongs to these participants."""
    return machine(app, _holder(app, "m", role, bound_to))


def _holder(app: Flask, kind: str, role: Role, bound_to: tuple[str, ...]) -> str:
    subject = f"{kind}-{role.name}-{'-'.join(bound_to)}"
    store = SqlAssignments(app.extensions["portal_settings"].access_database_url)
    store.assign(subject, role.name, "the test")
    for participant in bound_to:
        store.add_participant(subject, participant, "the test")
    return subject


def browser_of(app: Flask, role: Role, bound_to: tuple[str, ...]) -> FlaskClient:
    """The browser of somebody who holds this one role and belongs to these participants."""
    subject = _holder(app, "u", role, bound_to)
    auth = app.extensions[EXTENSION]
    tokens = Tokens("access", None, "id", "openid", time.time() + 3600)
    who = ("http://provider.test", subject, role.name, role.name, None, None, CSRF, None, (), int(time.time()))
    ticket, _ = auth.party.sessions.begin(Session(*who, time.time(), tokens))
    browser = app.test_client()
    browser.set_cookie(auth.cookies.session, ticket.cookie)
    browser.environ_base.update({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_X_CSRF_TOKEN": CSRF})
    return browser
