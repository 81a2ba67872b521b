"""A stranger's micro-frontend: the whole contract with the shell, on nothing but Flask and joserfc."""

import json
import os
import urllib.request
from functools import cache
from urllib.parse import quote

from flask import Flask, Response, abort, render_template_string, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

NAME, VERSION = "hello", "1.0"
SHELL = os.environ["SHELL_URL"]  # whose assertions we trust, http://localhost:8000 for instance
PAGE = """
<h1>Hello, {{ name }}</h1>
<p>This page is written by a stranger. The shell has put it into the portal's frame.</p>
<form method="post">
  <input type="hidden" name="csrf_token" value="{{ csrf }}">
  <label>A word to send back <input name="word" maxlength="30" required></label> <button>Send it</button>
</form>
{% if word %}<p>You sent: {{ word }}</p>{% endif %}
"""
app = Flask(__name__)


@app.get("/manifest.json")
def manifest() -> dict:
    """Who we are, and our one entry in the menu."""
    entry = {"label": {"en": "Say hello", "fr": "Dire bonjour"}, "href": "/", "icon": "hand"}
    return {"contract": "1", "name": NAME, "version": VERSION, "title": "Hello", "navigation": [entry]}


@app.get("/health/ready")
def ready() -> dict:
    """We need nothing but ourselves."""
    return {"status": "ready"}


@cache
def shell_keys() -> KeySet:
    """The shell's public keys, read once; a real app reads them again when it meets an unknown key id."""
    with urllib.request.urlopen(SHELL + "/.well-known/jwks.json", timeout=3) as answer:  # noqa: S310
        return KeySet.import_key_set(json.load(answer))


def person() -> dict:
    """The claims of whoever asks. Nothing else in a request says who that is."""
    rules = jwt.JWTClaimsRegistry(
        leeway=5,
        iss={"essential": True, "value": SHELL},
        aud={"essential": True, "value": NAME},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        token = jwt.decode(request.headers.get("Portal-Identity", ""), shell_keys(), algorithms=["ES256"])
        rules.validate(token.claims)
    except (JoseError, ValueError):
        abort(401)
    return token.claims


@app.route("/", methods=["GET", "POST"])
def hello() -> Response:
    """A fragment and its title; the shell makes it a page."""
    who = person()
    if request.method == "POST" and request.form.get("csrf_token") != who["csrf"]:
        abort(403)
    body = render_template_string(PAGE, name=who["name"], csrf=who["csrf"], word=request.form.get("word", ""))
    return Response(body, headers={"Portal-Title": quote("Hello"), "Portal-Version": VERSION})


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8100")))
