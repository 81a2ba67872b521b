"""What passes between a browser and a micro-frontend, and what never does."""

import json
import time

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet

from shell.tests.apps import Asked, hangs, says
from shell.tests.conftest import CSRF, MakePortal, Portal
from shell.tests.scripted import Peer

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
FORM = {**OWN_PAGE, "X-CSRF-Token": CSRF}
HTMX = {"HX-Request": "true"}


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


def test_headers_come_back_by_an_allowlist(portal: MakePortal) -> None:
    headers = {
        "Set_Cookie": "session=stolen",
        "Content_Security_Policy": "default-src *",
        "Access_Control_Allow_Origin": "*",
        "X_Powered_By": "something",
        "Refresh": "0;url=http://evil.example",
        "Link": "<http://evil.example/x.css>; rel=stylesheet",
        "HX_Trigger": "saved",
        "Content_Language": "fr",
        "Retry_After": "3",
    }
    for path, kind in (("/page", "text/html"), ("/data", "application/json")):
        made = portal(alpha={path: says(b"{}", Content_Type=kind, **headers)})
        back = made.user("reader").get(f"/alpha{path}").headers
        assert "Set-Cookie" not in back
        assert "'none'" in back["Content-Security-Policy"]
        assert not {"Access-Control-Allow-Origin", "X-Powered-By", "Refresh", "Link"} & set(back.keys())
        assert (back["HX-Trigger"], back["Content-Language"], back["Retry-After"]) == ("saved", "fr", "3")


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://evil"}]
)
def test_a_change_that_another_site_asks_for_is_refused_before_it_is_forwarded(
    portal: MakePortal, headers: dict[str, str]
) -> None:
    made = portal(alpha={})
    answer = made.user("reader").post("/alpha/close", headers={"X-CSRF-Token": CSRF, **headers}, data={"a": "1"})
    assert answer.status_code == 403
    assert made.asked() == []


def test_a_change_without_the_sessions_token_is_refused_before_it_is_forwarded(portal: MakePortal) -> None:
    made = portal(alpha={})
    answer = made.user("reader").post("/alpha/close", headers=OWN_PAGE, data={"csrf_token": "guessed"})
    assert answer.status_code == 403
    assert made.asked() == []


@pytest.mark.parametrize("origin", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_a_form_of_the_portals_own_page_is_forwarded_byte_for_byte(portal: MakePortal, origin: dict[str, str]) -> None:
    made = portal(alpha={"/close": says(b"", "303 See Other", Location="/alpha/pages")})
    form = b"csrf_token=the-session%27s-token&name=caf%C3%A9+%26+co"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = made.user("reader").post("/alpha/close", headers={**origin, **kind}, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/alpha/pages")
    assert made.asked()[0].body == form
    assert made.asked()[0].headers["content-type"] == kind["Content-Type"]


def test_a_large_upload_is_forwarded_whole_when_its_token_is_in_the_header(portal: MakePortal) -> None:
    made = portal(alpha={"/upload": says(b"ok")})
    data = b"0123456789" * 300_000
    assert made.user("reader").put("/alpha/upload", headers=FORM, data=data).status_code == 200
    assert made.asked()[0].body == data


def test_an_upload_past_the_limit_is_refused(portal: MakePortal) -> None:
    made = portal(settings={"upload_bytes": 2_000_000}, alpha={})
    assert made.user("reader").put("/alpha/upload", headers=FORM, data=b"0" * 2_000_001).status_code == 413
    assert made.asked() == []


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(portal: MakePortal, method: str) -> None:
    made = portal(alpha={})
    assert made.user("reader").open("/alpha/pages", method=method, headers=FORM).status_code == 405
    assert made.asked() == []


def test_head_is_answered_without_a_body(portal: MakePortal) -> None:
    made = portal(alpha={})
    response = made.user("reader").head("/alpha/pages")
    assert (response.status_code, response.data) == (200, b"")
    assert made.asked()[0].method == "HEAD"


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https://localhost/alpha",
        "http://localhost:81/alpha",
        "http://localhost@evil.example/",
        "javascript:alert(1)",
        "/.//evil.example",
        "/a\tb",
        "http://[",
    ],
)
@pytest.mark.parametrize("header", ["Location", "HX_Redirect", "HX_Push_Url", "HX_Replace_Url", "HX_Location"])
def test_a_micro_frontend_cannot_send_the_browser_elsewhere(portal: MakePortal, header: str, location: str) -> None:
    status = "302 Found" if header == "Location" else "200 OK"
    made = portal(alpha={"/go": says(b"", status, **{header: location})})
    response = made.user("reader").get("/alpha/go")
    assert response.status_code == 503
    assert header.replace("_", "-") not in response.headers


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/alpha/pages?x=1#y", "/alpha/pages?x=1#y"),
        ("/", "/"),
        ("http://localhost/beta/", "/beta/"),
        ("pages", "/alpha/deep/pages"),
        ("../pages", "/alpha/pages"),
        ("?again=1", "/alpha/deep/go?again=1"),
    ],
)
def test_a_redirect_within_the_portal_passes(portal: MakePortal, location: str, expected: str) -> None:
    made = portal(alpha={"/deep/go": says(b"moved", "302 Found", Location=location)})
    response = made.user("reader").get("/alpha/deep/go")
    assert (response.status_code, response.headers["Location"]) == (302, expected)


def test_an_hx_location_keeps_only_what_cannot_name_a_script(portal: MakePortal) -> None:
    wish = {"path": "http://localhost/alpha/pages", "target": "#main", "handler": "evil", "headers": {"X": "y"}}
    made = portal(alpha={"/go": says(b"", HX_Location=json.dumps(wish))})
    passed = made.user("reader").get("/alpha/go").headers["HX-Location"]
    assert json.loads(passed) == {"path": "/alpha/pages", "target": "#main"}


@pytest.mark.parametrize(
    "path",
    [
        "/alpha/manifest.json",
        "/alpha/Manifest.JSON",
        "/alpha/manifest.json;x=1",
        "/alpha/%6danifest.json",
        "/alpha/health/ready",
        "/alpha/healthz",
        "/alpha/metrics",
        "/alpha/auth/login",
        "/alpha/.well-known/jwks.json",
        "/alpha/%2e%2e/beta/pages",
        "/alpha/..%2fbeta/pages",
        "/alpha/a/..;/metrics",
        "/alpha/a/%2e/b",
        "/alpha/a%5c..%5cmetrics",
        "/alpha/a%00b",
        "/alpha/a%0d%0aX-Evil:%20yes",
        "/alpha/%2fmetrics",
        "/gamma/pages",
    ],
)
def test_what_lies_outside_an_apps_pages_is_not_reached_through_the_shell(portal: MakePortal, path: str) -> None:
    made = portal(alpha={}, beta={})
    response = made.user("reader").get(path)
    assert response.status_code in (404, 308)
    if response.status_code == 308:  # a doubled slash is one slash, and then refused
        assert made.user("reader").get(response.headers["Location"]).status_code == 404
    assert made.asked() == []
    assert made.asked("beta") == []


def test_an_unusual_path_reaches_the_app_as_the_shell_understood_it(portal: MakePortal) -> None:
    made = portal(alpha={})
    made.user("reader").get("/alpha/a%2Fb/caf%C3%A9%20%25%3F%23;v=1")
    assert made.asked()[0].target == "/a/b/caf%C3%A9%20%25%3F%23;v=1"


def test_what_is_not_a_page_passes_untouched(portal: MakePortal) -> None:
    table = {
        "/data.json": says(
            b'{"a": 1}', Content_Type="application/json", ETag='"1"', Cache_Control="private, max-age=5"
        ),
        "/report.html": says(b"<html>whole</html>", Content_Disposition='attachment; filename="r.html"'),
        "/bytes": says(b"\x00\x01", Content_Type=""),
        "/part": says(b"bc", "206 Partial Content", Content_Type="text/csv", Content_Range="bytes 1-2/4"),
        "/same": says(b"", "304 Not Modified", Content_Type="", Content_Length="", ETag='"1"'),
    }
    browser = portal(alpha=table).user("reader")
    data = browser.get("/alpha/data.json")
    assert (data.data, data.headers["ETag"], data.headers["Cache-Control"]) == (
        b'{"a": 1}',
        '"1"',
        "private, max-age=5",
    )
    report = browser.get("/alpha/report.html")
    assert report.data == b"<html>whole</html>"
    unnamed = browser.get("/alpha/bytes")
    assert (unnamed.data, unnamed.content_type) == (b"\x00\x01", "application/octet-stream")
    part = browser.get("/alpha/part", headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"bc", "bytes 1-2/4")
    same = browser.get("/alpha/same", headers={"If-None-Match": '"1"'})
    assert (same.status_code, same.data) == (304, b"")
    assert "Content-Type" not in same.headers


@pytest.mark.parametrize("cache", ["public, max-age=60", "max-age=60", "private, s-maxage=60"])
def test_nothing_may_be_kept_by_a_cache_that_people_share(portal: MakePortal, cache: str) -> None:
    made = portal(alpha={"/data": says(b"{}", Content_Type="application/json", Cache_Control=cache)})
    assert made.user("reader").get("/alpha/data").headers["Cache-Control"] == "no-store"


def test_a_conditional_and_ranged_request_reaches_the_app_as_such(portal: MakePortal) -> None:
    made = portal(alpha={})
    wanted = {"Range": "bytes=0-1", "If-None-Match": '"1"', "Idempotency-Key": "k-1", "Accept": "text/csv"}
    made.user("reader").get("/alpha/pages", headers={**wanted, "HX-Target": "main", "Accept-Encoding": "gzip, br"})
    heard = made.asked()[0].headers
    assert {name: heard[name.lower()] for name in wanted} == wanted
    assert heard["hx-target"] == "main"
    assert heard["accept-encoding"] == "identity"


def test_a_long_answer_reaches_the_browser_while_it_is_still_made(portal: MakePortal) -> None:
    def trickle(peer: Peer, asked: Asked) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        peer.hang()

    made = portal(alpha={"/long.csv": trickle})
    response = made.user("reader").get("/alpha/long.csv", buffered=False)
    assert next(response.iter_encoded()) == b"first"
    response.close()


def signed_in_form(browser: FlaskClient, path: str) -> str:
    response = browser.post(path, headers=FORM, data={"a": "1"})
    assert response.status_code in (503, 504)
    return response.text


def test_a_late_page_costs_its_own_area_only(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": 0.3}, alpha={"/slow": hangs}, beta={})
    browser, began = made.user("reader"), time.monotonic()
    response = browser.get("/alpha/slow")
    assert time.monotonic() - began < 2
    assert response.status_code == 504
    assert "App alpha does not answer" in response.text
    assert "Nothing was changed." in response.text
    assert 'href="/alpha/slow"' in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert 'href="/beta/pages"' in response.text
    assert browser.get("/beta/pages").status_code == 200


def test_a_page_that_stalls_half_way_is_late_as_a_whole(portal: MakePortal) -> None:
    def stall(peer: Peer, asked: Asked) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<h1>half")
        peer.hang()

    response = portal(settings={"main_seconds": 0.3}, alpha={"/half": stall}).user("reader").get("/alpha/half")
    assert response.status_code == 504
    assert "half" not in response.text.replace("/alpha/half", "")


def test_htmx_gets_the_unavailable_area_without_the_frame(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": 0.3}, alpha={"/slow": hangs})
    response = made.user("reader").get("/alpha/slow", headers=HTMX)
    assert response.status_code == 504
    assert "<!doctype" not in response.text
    assert "data-portal-error" in response.text


def test_a_program_gets_a_problem_instead_of_a_page(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": 0.3}, alpha={"/api/pages": hangs})
    response = made.user("reader").get("/alpha/api/pages", headers={"Accept": "application/json"})
    assert (response.status_code, response.mimetype) == (504, "application/problem+json")


def test_a_crash_is_replaced_and_an_explained_failure_is_shown(portal: MakePortal) -> None:
    table = {
        "/crash": says(b"Traceback: secret", "500 Internal Server Error"),
        "/told": says(b"<h1>The hub does not answer</h1>", "502 Bad Gateway", Portal_Title="Hub"),
        "/api": says(b'{"title": "no"}', "500 Internal Server Error", Content_Type="application/problem+json"),
    }
    browser = portal(alpha=table).user("reader")
    crash = browser.get("/alpha/crash")
    assert crash.status_code == 503
    assert "secret" not in crash.text
    told = browser.get("/alpha/told")
    assert (told.status_code, "The hub does not answer" in told.text) == (502, True)
    assert browser.get("/alpha/api", headers={"Accept": "application/json"}).get_json() == {"title": "no"}


def test_a_change_whose_outcome_is_unknown_says_so_and_offers_no_repetition(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": 0.3}, alpha={"/close": hangs})
    text = signed_in_form(made.user("reader"), "/alpha/close")
    assert "the change may have been made" in text
    assert "Nothing was changed" not in text
    assert "Try again" not in text.split("<main", 1)[1].split("</main>", 1)[0]
    assert len(made.asked(target="/close")) == 1


def test_a_change_that_never_left_the_shell_says_that_nothing_was_changed(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("reader")
    made.servers["alpha"].__exit__()
    text = signed_in_form(browser, "/alpha/close")
    assert "nothing was changed" in text
    assert "may have been made" not in text
