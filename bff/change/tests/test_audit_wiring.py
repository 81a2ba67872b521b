"""What every app keeps by itself: who asked, what was refused, what was forged; and what happens when it cannot."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, g
from flask.testing import FlaskClient
from sqlalchemy import text

from bff.change.audit_wiring import keep_watch
from bff.change.tests.audited_garden import PATHS, VIEW, P, auditor_of, kept, log_of, made_in
from bff.change.tests.auditing import fill, unguarded
from bff.identity.assertion import HEADER
from bff.testing import CSRF, assertion, captured_logs, user_with


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = made_in(tmp_path)
    yield made
    log_of(made).engine.dispose()


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return auditor_of(app)


def test_a_change_carries_who_asked_and_which_request_it_was(app: Flask) -> None:
    olivia = user_with(app, P.SHUT)
    with captured_logs() as lines:
        answer = olivia.post("/gates/4/shut", headers={"X-Request-Id": "a-request-of-the-shell"})
    (entry,) = kept(app, action="garden.shut_gate")
    assert (entry.actor.subject, entry.actor.roles, entry.actor.session) == ("u-olivia", ("operator",), "5e5510")
    assert entry.request_id == answer.headers["X-Request-Id"] == "a-request-of-the-shell"
    assert re.fullmatch("[0-9a-f]{32}", entry.trace_id)
    heads = [line for line in lines if line["event"] == "audit_head"]
    assert [head["size"] for head in heads] == [1]


def test_a_personal_look_up_is_kept_before_it_is_shown(app: Flask) -> None:
    client = user_with(app)
    assert "secret owner" in client.get("/gates/4/owner").text
    (entry,) = kept(app)
    assert (entry.action, entry.target, entry.outcome) == ("person.read", "person:4", "read")


def test_a_refusal_is_kept_once_without_what_was_asked_or_sent(app: Flask) -> None:
    client = user_with(app, VIEW)
    answer = client.post("/gates/4/shut?account=MSISDN-0712", data={"pin": "sesame"})
    assert answer.status_code == 403
    (entry,) = kept(app)
    assert (entry.action, entry.outcome, entry.target) == ("route.refused", "refused", "route:gates.shut")
    assert entry.detail == {"permission": "garden:gate:shut", "method": "POST", "path": "/gates/4/shut"}
    whole = json.dumps(entry.as_json())
    for secret in ("0712", "sesame", CSRF):
        assert secret not in whole


def test_a_forged_change_is_kept_with_whose_browser_it_came_from(app: Flask) -> None:
    client = app.test_client()
    headers = {HEADER: assertion("garden", ["garden:gate:shut"]), "X-CSRF-Token": "guessed"}
    assert client.post("/gates/4/shut", headers=headers).status_code == 403
    (entry,) = kept(app)
    assert (entry.action, entry.outcome, entry.actor.subject) == ("route.forged", "refused", "u-olivia")
    assert "guessed" not in json.dumps(entry.as_json())


def test_a_stranger_cannot_fill_the_audit(app: Flask) -> None:
    client = app.test_client()
    for path in (*PATHS, "/gates/1/owner", "/nowhere", "/auth/callback?state=x&code=y", "/auth/callback?error=denied"):
        client.get(path)
    client.post("/gates/1/shut", headers={"Origin": "https://evil.example"})
    client.post("/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})
    client.post("/auth/backchannel-logout", data={"logout_token": "x.y.z"})
    client.get("/gates/1/owner", headers={HEADER: "not.an.assertion"})
    assert kept(app) == []


def break_store(app: Flask) -> None:
    with log_of(app).engine.begin() as connection:
        connection.execute(text("DROP TABLE audit_head"))


def test_without_its_store_a_refusal_refuses_and_a_change_does_not_happen(app: Flask, auditor: FlaskClient) -> None:
    break_store(app)
    assert auditor.post("/gates/4/shut").status_code == 403
    assert user_with(app, P.SHUT).post("/gates/4/shut").status_code == 503
    answer = user_with(app).get("/gates/4/owner")
    assert answer.status_code == 503
    assert "secret owner" not in answer.text
    for path in PATHS:
        assert auditor.get(path).status_code in (404, 503)


def test_a_change_that_is_done_stays_done_though_the_log_cannot_be_told(app: Flask) -> None:
    with app.test_request_context(), captured_logs() as lines:
        g.audit_grown = True
        with log_of(app).engine.begin() as connection:
            connection.execute(text("DROP TABLE audit_entry"))
        assert app.process_response(Response("done")).status_code == 200
    assert "audit_head_not_told" in [line["event"] for line in lines]


def test_an_app_without_its_tables_says_how_to_make_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    made = made_in(tmp_path, database_url=url)
    missing = made.test_client().get("/health/ready").get_json()["missing"]
    assert "bizops db upgrade garden" in missing["database"]


def test_an_app_with_a_key_that_never_signed_is_not_ready(app: Flask, tmp_path: Path) -> None:
    fill(log_of(app), 1)
    assert "audit" not in app.test_client().get("/health/ready").get_json()["missing"]
    other = made_in(tmp_path, audit_keys=tmp_path / "other-keys.json")
    assert "BIZOPS_AUDIT_KEYS" in other.test_client().get("/health/ready").get_json()["missing"]["audit"]


def test_a_running_app_looks_after_its_audit_though_nobody_asks(app: Flask) -> None:
    fill(log_of(app), 4)

    def until(event: str) -> dict[str, Any]:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = [line for line in lines if line["event"] == event]
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no {event} in the log")

    with captured_logs() as lines:
        over = keep_watch(app, 0.02)
        unguarded(log_of(app).engine)
        with log_of(app).engine.begin() as connection:
            connection.execute(text("UPDATE audit_entry SET body = replace(body, 'SHUT', 'OPEN') WHERE seq = 3"))
        bad = until("audit_bad")
        with log_of(app).engine.begin() as connection:
            connection.execute(text("ALTER TABLE audit_entry RENAME TO lost"))
        until("audit_not_watched")
        over.set()
    assert (bad["entry"], bad["fault"], bad["log_level"]) == (3, "edited", "error")


def test_the_manifest_offers_the_audit_and_its_permission(app: Flask) -> None:
    manifest = app.test_client().get("/manifest.json").get_json()
    assert {"name": "audit", "href": "/api/audit", "permission": VIEW} in manifest["interfaces"]
    (told,) = [each for each in manifest["permissions"] if each["id"] == VIEW]
    assert told["sentence"]["fr"] != told["sentence"]["en"]
