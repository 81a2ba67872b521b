"""Whom it believes: the shell's assertion for itself, whole and fresh, and nothing else of a request."""

import base64
import hashlib
import hmac
import html
import json
import time
from collections.abc import Callable
from typing import Any, Final

from joserfc.jwk import ECKey

from bff.conformance.clauses import Broken, NotApplicable, NotRun, clause, some_of
from bff.conformance.speaking import claims_of
from bff.conformance.subject import HTML, Subject, Wish
from bff.identity.assertion import LIFE_S, TYPE

REFUSED: Final = (401, 403)
Maker = Callable[[Subject, str], str]
_AWAY: Final = 600  # seconds; beyond any clock that is off


@clause(
    "identity.accepted",
    "A good assertion is accepted.",
    "Trust the checker: start the app with its address (--shell) as the shell's, for instance BIZOPS_SHELL_URL.",
)
def _accepted(app: Subject) -> str:
    path = _guarded(app)
    answer = app.ask(path)
    if answer.status in (*REFUSED, 302, 303) or answer.status >= 500:
        raise Broken(f"{path} answers {answer.status} to a good assertion of {app.speaker.url}")
    return f"{path} answers {answer.status}"


def _guarded(app: Subject) -> str:
    items = app.places("navigation", "slots", "interfaces")
    if not items:
        raise NotApplicable("it has no page")
    return app.href(items[0])


def _forgery(name: str, sentence: str, remedy: str) -> Callable[[Maker], Maker]:
    """A clause: what the function makes of a good assertion is refused."""

    def add(make: Maker) -> Maker:
        @clause(f"identity.{name}", sentence, remedy)
        def check(app: Subject) -> str:
            path = _guarded(app)
            if app.ask(path).status in (*REFUSED, 302, 303):
                raise NotRun("a good assertion is refused, so refusing a bad one says nothing")
            answer = app.ask(path, Wish(token=make(app, app.token())))
            if answer.status not in REFUSED:
                raise Broken(f"{path} answers {answer.status}")
            return str(answer.status)

        return make

    return add


_VERIFY: Final = "Verify the signature with a key of the shell's `/.well-known/jwks.json`, ES256 and nothing else."


@_forgery("foreign_key", "An assertion that another key signed is refused, under our key's name too.", _VERIFY)
def _foreign_key(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {}, key=ECKey.generate_key("P-256"))


@_forgery("unknown_key", "An assertion that names a key which the shell does not publish is refused.", _VERIFY)
def _unknown_key(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {}, key=ECKey.generate_key("P-256"), kid="nobody-published-this")


@_forgery("tampered", "An assertion that was changed after it was signed is refused.", _VERIFY)
def _tampered(app: Subject, good: str) -> str:
    header, _, signature = good.split(".")
    return f"{header}.{_encoded(claims_of(good) | {'sub': 'somebody-else'})}.{signature}"


@_forgery("unsigned", "An assertion with `alg: none` is refused.", _VERIFY)
def _unsigned(app: Subject, good: str) -> str:
    return f"{_encoded({'alg': 'none', 'typ': TYPE})}.{_encoded(claims_of(good))}."


@_forgery("symmetric", "An assertion signed by HMAC, with the public key as its secret, is refused.", _VERIFY)
def _symmetric(app: Subject, good: str) -> str:
    public = app.speaker.public_key()
    signed = f"{_encoded({'alg': 'HS256', 'typ': TYPE, 'kid': public['kid']})}.{_encoded(claims_of(good))}"
    digest = hmac.new(ECKey.import_key(public).as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@_forgery("expired", "An assertion whose time is over is refused.", "Compare `exp` with the clock; allow 5 s at most.")
def _expired(app: Subject, good: str) -> str:
    then = int(time.time()) - _AWAY
    return app.speaker.altered(good, {"iat": then, "nbf": then, "exp": then + LIFE_S})


@_forgery(
    "future", "An assertion that is not valid yet is refused.", "Compare `nbf` with the clock; allow 5 s at most."
)
def _future(app: Subject, good: str) -> str:
    then = int(time.time()) + _AWAY
    return app.speaker.altered(good, {"iat": then, "nbf": then, "exp": then + LIFE_S})


@_forgery(
    "lifetime", "An assertion made to last an hour is refused.", f"Refuse when `exp` - `iat` is over {LIFE_S + 5} s."
)
def _lifetime(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {"exp": int(time.time()) + 3600})


@_forgery("audience", "An assertion for another micro-frontend is refused.", "Compare `aud` with your own name.")
def _audience(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {"aud": "somebody-else"})


@_forgery(
    "audiences", "An assertion for two at once is refused.", "`aud` is one string: refuse a list, even with your name."
)
def _audiences(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {"aud": [app.name, "somebody-else"]})


@_forgery("issuer", "An assertion of another shell is refused.", "Compare `iss` with the shell's base URL.")
def _issuer(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {"iss": "https://portal.example"})


@_forgery(
    "type",
    "Another kind of token is refused, though the shell signed it.",
    f"Refuse a header whose `typ` is not {TYPE}.",
)
def _type(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {}, typ="JWT")


@_forgery("subject", "An assertion that names nobody is refused.", "Refuse a token without `sub`.")
def _subject(app: Subject, good: str) -> str:
    return app.speaker.altered(good, {"sub": None})


@_forgery(
    "malformed", "What is no assertion at all is refused, not stumbled over.", "Answer 401 when it cannot be read."
)
def _malformed(app: Subject, good: str) -> str:
    return "a.b.c"


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@clause(
    "identity.headers",
    "Neither X-User, Remote-User nor a cookie says who somebody is.",
    "Read identity from Portal-Identity alone; whoever can reach the app can send the rest.",
)
def _headers(app: Subject) -> str:
    path = _guarded(app)
    people = dict.fromkeys(("X-User", "X-Forwarded-User", "Remote-User", "X-Remote-User"), "conformance-check")
    claims = json.dumps(claims_of(app.token()))
    told = {**HTML, **people, "Cookie": "session=conformance-check", "X-Permissions": claims, "Portal-Claims": claims}
    answer = app.ask(path, Wish.nobody(told))
    if 200 <= answer.status < 300:
        raise Broken(f"{path} answers {answer.status}")
    return str(answer.status)


@clause(
    "identity.permission",
    "Whoever lacks a permission is refused with 403 and told which, or gets 404.",
    "Check the permission on the route itself, whatever the menu shows; say the permission's sentence or id.",
)
def _permission(app: Subject) -> str:
    guarded = [item for item in app.places() if item.get("permission")]
    if not guarded:
        raise NotApplicable("it asks for no permission")
    wrong = [problem for item in guarded if (problem := _shown_without(app, item))]
    return some_of(wrong, f"{len(guarded)} of them refuse")


def _shown_without(app: Subject, item: dict[str, Any]) -> str:
    path, permission = app.href(item), str(item["permission"])
    answer = app.ask(path, Wish(token=app.token(without=permission)))
    if answer.status not in (403, 404):
        return f"{path} answers {answer.status} without {permission}"
    if answer.status == 403 and not any(words in html.unescape(answer.text) for words in _words(app, permission)):
        return f"{path} does not say that {permission} is missing"
    return ""


def _words(app: Subject, permission: str) -> set[str]:
    sentences = [item["sentence"] for item in app.manifest.get("permissions", ()) if item["id"] == permission]
    return {permission, *(said if isinstance(said, str) else said["en"] for said in sentences)}
