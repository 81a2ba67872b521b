"""What somebody with curl gets: nothing. Against the running portal, through the shell and past it."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from playwright.sync_api import Page

from e2e.people import OPERATOR
from sandbox.up import Stack

WINDOWS = "settlement:window:view"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def status_of(url: str, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> int:
    """The status of one request, redirects not followed."""
    request = urllib.request.Request(url, data, dict(headers or {}))
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def shell_key(stack: Stack) -> ECKey:
    """The shell's own signing key, as only somebody who has broken into its disk could have it."""
    keys = json.loads((stack.plan.assertion_keys).read_text())["keys"]
    return ECKey.import_key(keys[0])


def assertion(stack: Stack, key: ECKey, **claims: object) -> dict[str, str]:
    """An assertion for settlement, as the shell would mint it, with some claims otherwise."""
    now = int(time.time())
    stated = {
        "iss": stack.base_url, "aud": "settlement", "sub": "u-101", "name": "Olivia Okello", "username": "olivia",
        "participants": [], "hub": True, "permissions": [WINDOWS], "roles": ["operator"], "csrf": "t", "sid": "s",
        "acr": None, "amr": [], "auth_time": now, "iat": now, "nbf": now, "exp": now + 60, "jti": "j",
    } | claims  # fmt: skip
    header = {"alg": "ES256", "kid": str(key.kid), "typ": "portal-identity+jwt"}
    return {"Portal-Identity": jwt.encode(header, stated, key, algorithms=["ES256"])}


PAGES = [
    ("shell", "/"),
    ("shell", "/settlement/windows"),
    ("shell", "/reports/catalogue"),
    ("shell", "/users/people"),
    ("shell", "/settlement/api/windows"),
    ("settlement", "/windows"),
    ("settlement", "/api/windows"),
    ("reports", "/catalogue"),
    ("users", "/people"),
    ("users", "/api/users"),
]


@pytest.mark.parametrize(("app", "path"), PAGES, ids=lambda value: str(value))
@pytest.mark.parametrize("header", [None, "X-User", "X-Email", "X-Roles", "Authorization"])
def test_every_page_refuses_without_a_login_whatever_name_is_given(
    stack: Stack, app: str, path: str, header: str | None
) -> None:
    assert status_of(stack.urls[app] + path, {header: "olivia"} if header else None) in (302, 401)


def test_the_shells_own_assertion_is_believed(stack: Stack) -> None:
    # The positive case: without it the refusals below would prove nothing.
    assert status_of(stack.urls["settlement"] + "/windows", assertion(stack, shell_key(stack))) == 200


@pytest.mark.parametrize(
    "claims",
    [{"aud": "users"}, {"iss": "http://localhost:1"}, {"exp": 1_700_000_000, "iat": 1_699_999_940}],
    ids=["for another micro-frontend", "of another shell", "expired"],
)
def test_an_assertion_that_is_not_for_here_and_now_is_refused(stack: Stack, claims: dict[str, object]) -> None:
    assert status_of(stack.urls["settlement"] + "/windows", assertion(stack, shell_key(stack), **claims)) == 401


def test_an_assertion_signed_by_anybody_else_is_refused(stack: Stack) -> None:
    own = shell_key(stack)
    forged = ECKey.generate_key("P-256", {"kid": str(own.kid)})
    assert status_of(stack.urls["settlement"] + "/windows", assertion(stack, forged)) == 401


def test_an_assertion_sent_through_the_shell_is_not_passed_on(stack: Stack) -> None:
    assert status_of(stack.base_url + "/settlement/windows", assertion(stack, shell_key(stack))) in (302, 401)


def test_another_sites_form_is_refused_even_with_the_session(
    stack: Stack, sign_in: Callable[..., Page], base_url: str
) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies(base_url))
    url = base_url + "/settlement/windows/25/close"
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    ):
        assert status_of(url, {"Cookie": cookies, **foreign}, b"reason=x") == 403


@pytest.mark.parametrize("path", ["manifest.json", "metrics", "health/ready", "auth/login", ".well-known/jwks.json"])
def test_what_lies_between_app_and_platform_is_not_reachable_through_the_shell(
    sign_in: Callable[..., Page], path: str
) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    assert page.evaluate("path => fetch(path).then(r => r.status)", f"/settlement/{path}") == 404
