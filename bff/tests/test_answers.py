"""What every answer carries, and the one shape of everything that goes wrong."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import Client

import bff
import static
from bff.app import create_app
from bff.contract.manifest import Slot, problems
from bff.logs import configure_logs
from bff.settings import Settings
from bff.testing import CSRF, settings_for, user_with
from bff.tests.conftest import MANIFEST, Permission, blueprint
from bff.web.door import Door
from bff.web.security import FIXED_HEADERS, NOTHING

VIEW = "garden:gate:view"
FAILURES = [
    ("rule", 409, "The gate is shut already."),
    ("refused", 409, "Gate 1 does not exist"),
    ("away", 502, "Nothing was changed"),
    ("unknown", 502, "may have been made"),
    ("missing", 404, "There is no gate 9."),
    ("bug", 500, "Give the reference to support"),
]


@pytest.mark.parametrize(("how", "status", "words"), FAILURES)
def test_a_failure_is_a_page_with_a_sentence_and_a_reference(app: Flask, how: str, status: int, words: str) -> None:
    answer = user_with(app).get(f"/fails/{how}")
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(("how", "status", "words"), FAILURES)
def test_the_same_failure_is_a_problem_for_a_program(app: Flask, how: str, status: int, words: str) -> None:
    answer = user_with(app).get(f"/fails/{how}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype, (answer.json or {})["status"]) == (
        status,
        "application/problem+json",
        status,
    )
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("path", ["/gates", "/fails/bug", "/nothing", "/health/live", "/manifest.json", "/auth/login"])
def test_every_answer_carries_the_security_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "strict-dynamic" not in policy
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Portal-Version"] == "7"


def test_a_file_carries_them_too_and_can_do_nothing_by_itself(app: Flask) -> None:
    with app.test_client().get(static.asset_url("icons.svg")) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == NOTHING
    assert {name: headers[name] for name in FIXED_HEADERS} == FIXED_HEADERS


def test_over_tls_every_answer_says_that_it_stays_so_a_file_and_a_refusal_too(tmp_path: Path) -> None:
    settings = settings_for(Settings, tmp_path, base_url="https://portal.example")
    app = create_app("bff", settings, MANIFEST, bff.Parts([blueprint()], Permission))
    stays = "max-age=31536000; includeSubDomains"
    with app.test_client() as client:
        for path in ("/gates", "/nothing", "/manifest.json", "/auth/signed-out", static.asset_url("app.css")):
            with client.get(path) as answer:
                assert answer.headers["Strict-Transport-Security"] == stays
    turned_away = Client(Door(app.wsgi_app, 0, settings.base_url)).get("/gates")
    assert (turned_away.status_code, turned_away.headers["Strict-Transport-Security"]) == (503, stays)


def test_over_tls_every_cookie_is_secure_and_bound_to_its_host_by_its_name(tmp_path: Path) -> None:
    settings = settings_for(Settings, tmp_path, base_url="https://portal.example")
    client = create_app("bff", settings, MANIFEST, bff.Parts([blueprint()], Permission)).test_client()
    chosen = client.get("/preferences?language=fr", base_url="https://portal.example").headers["Set-Cookie"]
    assert chosen.startswith("__Host-portal-language=fr;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(chosen.split("; "))
    assert client.get("/gallery", base_url="https://portal.example").headers["Content-Language"] == "fr"


@pytest.mark.parametrize("path", ["//gates", "/gates//1/shut", "//evil.example/gates", "/%09//gates"])
def test_no_redirect_names_the_host_that_a_request_has_named(app: Flask, path: str) -> None:
    answer = app.test_client().open(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert not answer.headers.get("Location", "/").startswith(("http", "//"))


def test_a_view_is_reached_by_the_methods_that_it_declares_alone(app: Flask) -> None:
    refused = [user_with(app, VIEW).open("/gates", method=how).status_code for how in ("TRACE", "PUT", "DELETE", "FOO")]
    assert refused == [405] * 4


def test_a_line_of_the_log_says_when_where_what_and_whose(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    user_with(app, VIEW, sid="f" * 64).get("/gates?name=hush")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    line = next(each for each in lines if each["event"] == "request")
    assert (line["app"], line["method"], line["path"], line["status"]) == ("garden", "GET", "/gates", 200)
    assert line["session"] == "f" * 12
    assert line["timestamp"].endswith("Z")
    assert len(line["request_id"]) >= 16
    assert user_with(app).get("/health/live").status_code == 200
    logging.getLogger("library.of.others").warning("asked for %s", "https://provider.example/x?code=hush")
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["event"], told["said"]) == ("library", "asked for https://provider.example/x?...")


def test_what_nobody_expected_is_logged_whole_and_told_as_a_reference(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("ERROR")
    answer = user_with(app).get("/fails/bug")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    line = next(each for each in lines if each["event"] == "unexpected")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert "ZeroDivisionError: secret detail" in line["exception"]
    assert "secret detail" not in answer.text


def test_nobody_writes_a_line_of_their_own_into_the_log(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    forged = '{"event": "signed_in", "subject": "u-nobody"}'
    headers = {"X-Request-Id": "chosen-by-a-visitor", "User-Agent": forged, "traceparent": f"\n{forged}".strip()}
    app.test_client().get(f"/gates/%0a{quote(forged)}%0a%1b[31m", headers=headers)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in told} <= {"request", "slow_page"}
    assert "chosen-by-a-visitor" not in str(told)


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5_000, "-1", "1e3", "%D9%A1"])
def test_a_number_that_no_database_counts_to_leads_nowhere(app: Flask, number: str) -> None:
    assert user_with(app, "garden:gate:shut").post(f"/gates/{number}/shut").status_code == 404


def test_of_a_field_that_is_sent_twice_the_first_counts(app: Flask) -> None:
    client = user_with(app, "garden:gate:shut")
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    given = {"data": "csrf_token=forged&csrf_token=" + quote(CSRF), "content_type": "application/x-www-form-urlencoded"}
    assert client.post("/gates/1/shut", **given).status_code == 403
    given["data"] = "csrf_token=" + quote(CSRF) + "&csrf_token=forged"
    assert client.post("/gates/1/shut?csrf_token=forged", **given).status_code == 200
    # What stands in the address or in a cookie is no field of the form.
    assert client.post("/gates/1/shut?csrf_token=" + quote(CSRF)).status_code == 403


def test_the_nonce_is_new_for_every_answer(app: Flask) -> None:
    policies = {app.test_client().get("/health/live").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_run_alone_a_page_has_the_frame_and_composed_it_is_a_fragment(app: Flask) -> None:
    composed = user_with(app, VIEW).get("/gates").text
    assert "<html" not in composed
    assert "All gates" in composed


def test_the_manifest_is_derived_from_the_routes_and_keeps_the_schema(app: Flask) -> None:
    document = app.test_client().get("/manifest.json").json or {}
    assert problems(document) == []
    assert document["navigation"] == [
        {"label": {"en": "Gates", "fr": "Gates"}, "icon": "door-open", "href": "/gates", "permission": VIEW}
    ]
    assert document["slots"] == [{"name": "home", "href": "/gates", "permission": VIEW, "max_age": 30}]


def test_what_a_fragments_route_takes_stands_in_the_manifest_as_a_blank(app: Flask) -> None:
    manifest = replace(MANIFEST, slots=(Slot("gate", "gates.shut"),))
    assert manifest.serialise(app, ())["slots"][0]["href"] == "/gates/{number}/shut"


def test_the_shell_may_keep_a_fragment_for_one_person_and_nobody_else_may(app: Flask) -> None:
    assert user_with(app, VIEW).get("/gates").headers["Cache-Control"] == "private, max-age=30"
    assert app.test_client().get("/gates").headers["Cache-Control"] == "no-store"


def test_readiness_names_what_is_missing(app: Flask) -> None:
    assert app.test_client().get("/health/ready").json == {"status": "ready", "missing": {}}


def test_metrics_are_for_this_machine_or_for_the_bearer_of_the_token(app: Flask) -> None:
    local = app.test_client().get("/metrics")
    assert b"http_requests_total" in local.data
    foreign = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    forwarded = app.test_client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (foreign.status_code, forwarded.status_code) == (404, 404)


def test_a_language_is_chosen_and_kept_and_the_way_back_stays_inside(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/preferences?language=fr&next=/gates")
    assert answer.location == "/gates"
    assert "portal-language=fr" in answer.headers["Set-Cookie"]
    assert client.get("/preferences?language=fr&next=//evil.example").location == "/"
    assert "Set-Cookie" not in client.get("/preferences?language=xx").headers


def test_logins_are_counted_and_refused_beyond_the_rate(tmp_path: Path) -> None:
    settings = settings_for(Settings, tmp_path, login_rate="2 per minute")
    client = create_app("bff", settings, MANIFEST, bff.Parts([blueprint()], Permission)).test_client()
    answers = [client.get("/auth/callback?state=x&code=y").status_code for _ in range(3)]
    assert answers[:2] != [429, 429]
    assert answers[2] == 429
    # The provider's notices come from one address for everybody: they are never counted.
    notices = [client.post("/auth/backchannel-logout", data={"logout_token": "x"}).status_code for _ in range(4)]
    assert 429 not in notices


@pytest.mark.parametrize(("proxies", "expected"), [(0, 429), (1, 400)])
def test_visitors_are_told_apart_behind_as_many_proxies_as_are_trusted(
    tmp_path: Path, proxies: int, expected: int
) -> None:
    settings = settings_for(Settings, tmp_path, login_rate="1 per minute", trusted_proxies=proxies)
    client = create_app("bff", settings, MANIFEST, bff.Parts([blueprint()], Permission)).test_client()
    visitors = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in (1, 2)]
    answers = [client.get("/auth/callback", headers=visitor).status_code for visitor in visitors]
    assert answers == [400, expected]


def test_a_page_is_compressed_and_a_file_is_not(app: Flask) -> None:
    page = app.test_client().get("/gallery", headers={"Accept-Encoding": "gzip"})
    manifest = app.test_client().get("/manifest.json", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in manifest.headers
