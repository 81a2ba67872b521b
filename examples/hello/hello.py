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
from werkzeug.exceptions import HTTPException

NAME, VERSION = "hello", "1.1"
SHELL = os.environ["SHELL_URL"]  # whose assertions we trust, http://localhost:8000 for instance
HELLO = {"en": "Hello", "fr": "Bonjour"}
PAGE = """
<h1>{{ hello }}, {{ name }}</h1>
<p>This page is written by a stranger. The shell has put it into the portal's frame.</p>
<form method="post">
  <input type="hidden" name="csrf_token" value="{{ csrf }}">
  <label>A word to send back <input name="word" maxlength="30" required></label> <button>Send it</button>
</form>
{% if word %}<p>You sent: {{ word }}</p>{% endif %}
"""
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "frame-ancestors 'none'"}
app = Flask(__name__)
app.get("/health/ready")(lambda: {"status": "ready"})


@app.get("/manifest.json")
def manifest() -> dict:
    """Who we are, and our one entry in the menu."""
    entry = {"label": {"en": "Say hello", "fr": "Dire bonjour"}, "href": "/", "icon": "hand"}
    return {"contract": "1", "name": NAME, "version": VERSION, "title": HELLO, "navigation": [entry]}


@cache
def shell_keys() -> KeySet:
    """The shell's public keys, read once; a real app reads them again when it meets an unknown key id."""
    with urllib.request.urlopen(SHELL + "/.well-known/jwks.json", timeout=3) as answer:  # noqa: S310
        return KeySet.import_key_set(json.load(answer))


def person() -> dict:
    """The claims of whoever asks. Nothing else in a request says who that is."""
    rules = jwt.JWTClaimsRegistry(leeway=5, exp={"essential": True}, nbf={"essential": True}, sub={"essential": True})
    try:
        token = jwt.decode(request.headers.get("Portal-Identity", ""), shell_keys(), algorithms=["ES256"])
        rules.validate(claims := token.claims)
        ours = (claims["iss"], claims["aud"], token.header["typ"]) == (SHELL, NAME, "portal-identity+jwt")
        if not ours or claims["exp"] - claims["iat"] > 65:
            abort(401)
    except (JoseError, ValueError, KeyError):
        abort(401)
    return claims


@app.route("/", methods=["GET", "POST"])
def hello() -> Response:
    """A fragment and its title; the shell makes it a page."""
    who, language = person(), "fr" if request.headers.get("Portal-Locale") == "fr" else "en"
    if request.method == "POST" and request.form.get("csrf_token") != who["csrf"]:
        abort(403)
    facts = {"name": who["name"], "csrf": who["csrf"], "word": request.form.get("word", "")}
    body = render_template_string(PAGE, hello=HELLO[language], **facts)
    return Response(body, headers={"Portal-Title": quote(HELLO[language]), "Content-Language": language})


@app.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """A refusal is a fragment too."""
    return Response(f"<h1>{error.name}</h1><p>{error.description}</p>", error.code)


app.after_request(lambda answer: answer.headers.update({**SAFE, "Portal-Version": VERSION}) or answer)
if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8100")))
