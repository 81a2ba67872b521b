"""Who may come near a settlement: routes refuse without their permission, strangers, and whoever is bound to a DFSP."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.permissions import ANY_LOGIN, ANYONE, access_of
from bff.testing import user_with
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests import test_access
from microfrontends.settlement.tests.bench import Bench

ACTIONS = (
    "/settlements/settle",
    "/settlements/<int:settlement_id>/finalise",
    "/settlements/<int:settlement_id>/abort",
    "/settlements/<int:settlement_id>/day/<int:step>",
    "/settlements/<int:settlement_id>/caps/<participant>/<currency>/restore",
    "/settlements/<int:settlement_id>/differences/<string:finalisation_id>/<int:account_id>",
    "/runs/<string:run_id>/resume",
    "/runs/<string:run_id>/give-up",
)
PAGES = {
    "/settlements": P.VIEW_SETTLEMENTS,
    "/settlements/rows": P.VIEW_SETTLEMENTS,
    "/settlements/<int:settlement_id>": P.VIEW_SETTLEMENTS,
    "/settlements/<int:settlement_id>/guide": P.VIEW_SETTLEMENTS,
    "/settlements/<int:settlement_id>/initiation": P.VIEW_SETTLEMENTS,
    "/settlements/<int:settlement_id>/initiation.xlsx": P.VIEW_SETTLEMENTS,
    "/settlements/<int:settlement_id>/finalisations": P.FINALISE,
    "/settlements/<int:settlement_id>/finalisations/<finalisation_id>": P.FINALISE,
    "/windows/settle": P.FINALISE,
    "/slots/settlements": P.VIEW_SETTLEMENTS,
    "/slots/approvals": P.APPROVE_SETTLEMENT,
    "/slots/badges/settlements": P.VIEW_SETTLEMENTS,
    "/slots/search/settlements": P.VIEW_SETTLEMENTS,
    "/slots/search/windows": P.VIEW_WINDOWS,
    "/api/settlements": P.VIEW_SETTLEMENTS,
    "/api/settlements/<int:settlement_id>": P.VIEW_SETTLEMENTS,
    "/api/settlements/<int:settlement_id>/finalisations/<finalisation_id>": P.FINALISE,
}
# Whoever is bound to some participants sees those; test_participants and test_search hold them to it.
OWN_TOO = dict.fromkeys(("/participants", "/participants/<name>", "/slots/search/participants"), P.VIEW_PARTICIPANTS)
CHANGES = (
    "/settlements/<int:settlement_id>/finalisations",
    "/settlements/<int:settlement_id>/finalisations/<finalisation_id>/acknowledgements",
    "/api/settlements/<int:settlement_id>/finalisations",
    "/api/settlements/<int:settlement_id>/finalisations/<finalisation_id>/acknowledgements",
    *(f"/api{rule}" for rule in ACTIONS),
    *ACTIONS,
)
ROUTES = [
    *(("GET", rule, permission) for rule, permission in PAGES.items()),
    *(("GET", rule, P.FINALISE) for rule in ACTIONS),
    *(("POST", rule, P.FINALISE) for rule in CHANGES),
]
OWN_ROUTES = [("GET", rule, permission) for rule, permission in OWN_TOO.items()]
BOUND = [{"hub": False, "participants": ["alpha"]}, {"hub": False}, {"participants": ["alpha"]}]


@pytest.fixture
def known(bench: Bench) -> dict[str, Any]:
    """A settlement and what belongs to it, by the names of routes' arguments."""
    run = bench.settle()
    desk, by = bench.desk, run.started_by
    made = desk.finalisations.make(1, Options(), by)
    accounts = bench.hub.settling.made[1].accounts
    return {
        "<int:settlement_id>": 1,
        "<finalisation_id>": made.id,
        "<string:finalisation_id>": made.id,
        "<int:account_id>": accounts[0].account_id,
        "<string:run_id>": run.id,
        "<participant>": "alpha",
        "<name>": "alpha",
        "<currency>": "USD",
        "<int:step>": 3,
    }


def open_route(client: FlaskClient, method: str, rule: str, known: dict[str, Any]) -> Any:
    for name, value in known.items():
        rule = rule.replace(name, str(value))
    body: Any = {} if method == "POST" and rule.startswith("/api/") else None
    return client.open(rule, method=method, json=body)


def test_a_route_refuses_whoever_has_every_other_permission(app: Flask, known: dict[str, Any]) -> None:
    for method, rule, permission in [*ROUTES, *OWN_ROUTES]:
        answer = open_route(user_with(app, *set(P) - {permission}), method, rule, known)
        assert (answer.status_code, permission in answer.text) == (403, True), (method, rule)


def test_a_route_lets_in_whoever_has_its_permission_alone(app: Flask, known: dict[str, Any]) -> None:
    # A change without its fields, or one that the rules of the field forbid now, was let in too.
    let_in = {200, 201, 202, 303, 404, 409, 415, 422}
    found = {
        (method, rule): open_route(user_with(app, permission), method, rule, known).status_code
        for method, rule, permission in [*ROUTES, *OWN_ROUTES]
    }
    assert {key: status for key, status in found.items() if status not in let_in} == {}


@pytest.mark.parametrize("claims", BOUND)
def test_nobody_bound_to_participants_learns_of_a_settlement(
    app: Flask, bench: Bench, known: dict[str, Any], claims: dict[str, Any]
) -> None:
    bench.hub.calls.clear()
    for method, rule, permission in ROUTES:
        answer = open_route(user_with(app, permission, **claims), method, rule, known)
        assert (answer.status_code, answer.data) == (200, b"") if "slots" in rule else answer.status_code == 404, rule
    assert bench.hub.calls == []


def test_a_route_refuses_whoever_is_nobody(app: Flask, known: dict[str, Any]) -> None:
    found = {
        open_route(app.test_client(), method, rule, known).status_code for method, rule, _ in [*ROUTES, *OWN_ROUTES]
    }
    assert found == {302, 401}


def test_a_change_without_this_sessions_token_is_refused(app: Flask, bench: Bench, known: dict[str, Any]) -> None:
    client = user_with(app, P.FINALISE)
    client.environ_base["HTTP_X_CSRF_TOKEN"] = "another-session's"
    bench.hub.calls.clear()
    assert {open_route(client, "POST", rule, known).status_code for rule in CHANGES} == {403}
    assert bench.hub.calls == []


def test_every_protected_route_is_in_a_list(app: Flask) -> None:
    protected = {
        (method, rule.rule, access_of(app, rule.endpoint, method))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if access_of(app, rule.endpoint, method) not in (ANYONE, ANY_LOGIN) and rule.endpoint.split(".")[0] != "audit"
    }
    windows = {(method, path.replace("41", "<int:window_id>"), str(p)) for method, path, p in test_access.ROUTES}
    listed = {(method, rule, str(permission)) for method, rule, permission in [*ROUTES, *OWN_ROUTES]}
    assert protected == windows | listed


def test_what_was_validated_for_one_settlement_is_not_found_at_another(
    app: Flask, bench: Bench, known: dict[str, Any]
) -> None:
    bench.settle("DEFERREDNETXOF")
    client, key = user_with(app, P.FINALISE), known["<finalisation_id>"]
    assert client.get(f"/settlements/2/finalisations/{key}").status_code == 404
    assert client.get(f"/api/settlements/2/finalisations/{key}").status_code == 404
    answer = client.post("/settlements/2/finalise", data={"finalisation_id": key, "confirmed": "yes"})
    assert answer.status_code == 404


def test_an_unknown_settlement_is_not_found(app: Flask, bench: Bench) -> None:
    client, pages = user_with(app, *P), ("", "/guide", "/initiation", "/initiation.xlsx", "/finalisations")
    found = {client.get(f"/settlements/{number}{page}").status_code for number in (0, 99, 10**18) for page in pages}
    assert found == {404}


def test_a_file_beyond_all_measure_is_refused_and_not_kept(app: Flask, bench: Bench) -> None:
    bench.settle()
    before = bench.desk.finalisations.of_settlement(1)
    answer = upload(user_with(app, P.FINALISE), 2_100_000)
    assert answer.status_code == 422
    assert "2 MB" in answer.text
    assert bench.desk.finalisations.of_settlement(1) == before


def test_a_body_beyond_what_a_file_may_have_is_not_even_read(app: Flask, bench: Bench) -> None:
    bench.settle()
    assert upload(user_with(app, P.FINALISE), 9_000_000).status_code == 413


def upload(client: FlaskClient, size: int) -> Any:
    """Send a file of so many bytes."""
    field = b"--x\r\nContent-Disposition: form-data; name="
    body = (
        field
        + b'"source"\r\n\r\nbank\r\n'
        + field
        + b'"file"; filename="huge.csv"\r\n\r\n'
        + b"1" * size
        + b"\r\n--x--\r\n"
    )
    return client.post("/settlements/1/finalisations", data=body, content_type="multipart/form-data; boundary=x")
