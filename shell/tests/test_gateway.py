"""What becomes of a page on its way through the shell, and what its micro-frontend is told."""

from joserfc import jwt
from joserfc.jwk import KeySet

from bff.testing import access_token, machine
from shell.tests.apps import Asked, says
from shell.tests.conftest import CSRF, HTMX, MakePortal, Portal


def claims_of(portal: Portal, asked: Asked) -> dict[str, object]:
    keys = KeySet.import_key_set(portal.app.test_client().get("/.well-known/jwks.json").get_json())
    return dict(jwt.decode(asked.headers["portal-identity"], keys, algorithms=["ES256"]).claims)


def test_a_page_is_put_into_the_frame_with_its_title(portal: MakePortal) -> None:
    made = portal(alpha={})
    response = made.user("reader").get("/alpha/pages?from=2026-01-01&x=a%20b")
    assert response.status_code == 200
    assert response.text.startswith("<!doctype html>")
    assert "<h1>Page /pages?from=2026-01-01&x=a%20b</h1>" in response.text
    assert "<title>Page café" in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_the_bytes_of_a_fragment_are_never_decoded(portal: MakePortal) -> None:
    odd = b"<p>\xff\xfe caf\xc3\xa9 <!-- %(x)s {{ 7*7 }} --></p>"
    made = portal(alpha={"/odd": says(odd)})
    assert odd in made.user("reader").get("/alpha/odd").data


def test_htmx_gets_the_fragment_with_its_title_in_front(portal: MakePortal) -> None:
    response = portal(alpha={}).user("reader").get("/alpha/pages", headers=HTMX)
    assert response.text == "<title>Page café</title><h1>Page /pages</h1>"


def test_a_fragment_without_a_title_reaches_htmx_as_it_is(portal: MakePortal) -> None:
    made = portal(alpha={"/part": says(b"<td>1</td>")})
    assert made.user("reader").get("/alpha/part", headers=HTMX).data == b"<td>1</td>"


def test_a_page_status_is_the_micro_frontends_own(portal: MakePortal) -> None:
    made = portal(alpha={"/gone": says(b"<h1>No such window</h1>", "404 Not Found", Portal_Title="Nothing")})
    response = made.user("reader").get("/alpha/gone")
    assert response.status_code == 404
    assert "No such window" in response.text
    assert "<!doctype html>" in response.text


def test_a_micro_frontend_is_told_who_asks_where_and_how(portal: MakePortal) -> None:
    made = portal(settings={"time_zone": "Africa/Nairobi"}, alpha={})
    made.user("reader").get("/alpha/pages", headers={"Accept-Language": "fr"})
    asked = made.asked()[0]
    assert asked.headers["portal-mount"] == "/alpha"
    assert asked.headers["portal-locale"] == "fr"
    assert asked.headers["portal-time-zone"] == "Africa/Nairobi"
    assert len(asked.headers["portal-nonce"]) > 20
    assert asked.headers["traceparent"].startswith("00-")
    claims = claims_of(made, asked)
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("http://localhost", "alpha", "u-reader")
    assert claims["csrf"] == CSRF


def test_a_micro_frontend_learns_its_own_permissions_only(portal: MakePortal) -> None:
    made = portal(alpha={}, beta={})
    browser = made.user("reader")
    browser.get("/alpha/pages")
    browser.get("/beta/pages")
    assert claims_of(made, made.asked("alpha")[0])["permissions"] == ["alpha:page:read", "alpha:page:write"]
    assert claims_of(made, made.asked("beta")[0])["permissions"] == ["beta:page:read"]


def test_a_page_carries_the_nonce_that_its_micro_frontend_was_given(portal: MakePortal) -> None:
    made = portal(alpha={})
    response = made.user("reader").get("/alpha/pages")
    assert f"'nonce-{made.asked()[0].headers['portal-nonce']}'" in response.headers["Content-Security-Policy"]


def test_nothing_about_identity_that_a_browser_sends_reaches_a_micro_frontend(portal: MakePortal) -> None:
    made = portal(alpha={})
    forged = {
        "Authorization": "Bearer stolen",
        "Forwarded": "for=1.2.3.4",
        "Portal-Locale": "xx",
        "Portal-Mount": "/evil",
        "Portal-Nonce": "chosen",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-User": "admin",
        "X-Request-Id": "chosen-by-the-browser",
        "X-Roles": "operator",
        "X-User": "admin",
    }
    assert made.user("reader").get("/alpha/pages", headers=forged).status_code == 200
    asked = made.asked()[0]
    assert not {"cookie", "authorization", "forwarded"} & asked.headers.keys()
    assert not [name for name in asked.headers if name.startswith("x-") and name != "x-request-id"]
    assert not [value for value in asked.headers.values() if value in forged.values()]


def test_a_forged_assertion_is_refused_before_anything_is_forwarded(portal: MakePortal) -> None:
    made = portal(alpha={})
    assert made.user("reader").get("/alpha/pages", headers={"Portal-Identity": "a.b.c"}).status_code == 401
    assert made.asked() == []


def test_without_a_session_nothing_is_forwarded(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.app.test_client()
    assert browser.get("/alpha/pages").headers["Location"].startswith("/auth/login?next=")
    answer = browser.get("/alpha/pages", headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/auth/login?next=")
    assert browser.get("/alpha/api/pages").status_code == 401
    assert made.asked() == []


def test_an_access_token_opens_nothing_through_the_shell(portal: MakePortal) -> None:
    made = portal(alpha={})
    client = machine(made.app, "payment-manager")
    assert client.get("/alpha/api/pages").status_code == 401
    assert client.get("/alpha/pages").headers["Location"].startswith("/auth/login?next=")
    assert client.get("/api/api/pages").status_code == 401
    assert made.asked() == []
    # Beside a session it is not even passed on.
    bearer = {"Authorization": f"Bearer {access_token(made.app, 'payment-manager')}"}
    assert made.user("reader").get("/alpha/pages", headers=bearer).status_code == 200
    assert "authorization" not in made.asked()[0].headers


def test_head_is_answered_without_a_body(portal: MakePortal) -> None:
    made = portal(alpha={})
    response = made.user("reader").head("/alpha/pages")
    assert (response.status_code, response.data) == (200, b"")
    assert made.asked()[0].method == "HEAD"
