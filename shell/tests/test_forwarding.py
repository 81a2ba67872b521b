"""What passes between a browser and a micro-frontend, and what never does."""

import json

from shell.tests.apps import says
from shell.tests.conftest import MakePortal


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


ELSEWHERE = [
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
]


def test_a_micro_frontend_cannot_send_the_browser_elsewhere(portal: MakePortal) -> None:
    headers = {"Location": "302 Found", **dict.fromkeys(("HX_Redirect", "HX_Push_Url", "HX_Location"), "200 OK")}
    table = {
        f"/{header}/{number}": says(b"", status, **{header: target})
        for header, status in headers.items()
        for number, target in enumerate(ELSEWHERE)
    }
    browser = portal(alpha=table).user("reader")
    for path in table:
        response = browser.get(f"/alpha{path}", headers={"Accept": "application/json"})
        assert response.status_code == 503, path
        assert not {"Location", "HX-Redirect", "HX-Push-Url", "HX-Location"} & set(response.headers.keys())


def test_a_redirect_within_the_portal_passes(portal: MakePortal) -> None:
    expected = {
        "/alpha/pages?x=1#y": "/alpha/pages?x=1#y",
        "/": "/",
        "http://localhost/beta/": "/beta/",
        "pages": "/alpha/deep/pages",
        "../pages": "/alpha/pages",
        "?again=1": "/alpha/deep/5?again=1",
    }
    table = {f"/deep/{n}": says(b"moved", "302 Found", Location=target) for n, target in enumerate(expected)}
    browser = portal(alpha=table).user("reader")
    for number, target in enumerate(expected):
        response = browser.get(f"/alpha/deep/{number}")
        assert (response.status_code, response.headers["Location"]) == (302, expected[target])


def test_an_hx_location_keeps_only_what_cannot_name_a_script(portal: MakePortal) -> None:
    wish = {"path": "http://localhost/alpha/pages", "target": "#main", "handler": "evil", "headers": {"X": "y"}}
    made = portal(alpha={"/go": says(b"", HX_Location=json.dumps(wish))})
    passed = made.user("reader").get("/alpha/go").headers["HX-Location"]
    assert json.loads(passed) == {"path": "/alpha/pages", "target": "#main"}


OUT_OF_BOUNDS = [
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
]


def test_what_lies_outside_an_apps_pages_is_not_reached_through_the_shell(portal: MakePortal) -> None:
    made = portal(alpha={}, beta={})
    browser = made.user("reader")
    for path in OUT_OF_BOUNDS:
        response = browser.get(path)
        if response.status_code == 308:  # a doubled slash is one slash, and then refused
            response = browser.get(response.headers["Location"])
        assert response.status_code == 404, path
    assert made.asked() == []
    assert made.asked("beta") == []


def test_an_unusual_path_reaches_the_app_as_the_shell_understood_it(portal: MakePortal) -> None:
    made = portal(alpha={})
    made.user("reader").get("/alpha/a%2Fb/caf%C3%A9%20%25%3F%23;v=1")
    assert made.asked()[0].target == "/a/b/caf%C3%A9%20%25%3F%23;v=1"


def test_a_conditional_and_ranged_request_reaches_the_app_as_such(portal: MakePortal) -> None:
    made = portal(alpha={})
    wanted = {"Range": "bytes=0-1", "If-None-Match": '"1"', "Idempotency-Key": "k-1", "Accept": "text/csv"}
    made.user("reader").get("/alpha/pages", headers={**wanted, "HX-Target": "main", "Accept-Encoding": "gzip, br"})
    heard = made.asked()[0].headers
    assert {name: heard[name.lower()] for name in wanted} == wanted
    assert heard["hx-target"] == "main"
    assert heard["accept-encoding"] == "identity"
