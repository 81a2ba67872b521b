"""What each process is told, and what it finds in the folder."""

import json
from pathlib import Path

import pytest

from bff.access.assignments import SqlAssignments
from sandbox.provider.people import read_people
from sandbox.up.databases import prepare
from sandbox.up.folder import furnish
from sandbox.up.plan import USERS_FILE, Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A portal on ports 8000 and following, that never runs."""
    return Plan(8000, tmp_path)


def test_each_app_is_a_client_of_its_own_at_its_own_address(plan: Plan) -> None:
    secrets = furnish(plan)
    clients = {client["client_id"]: client for client in json.loads(plan.clients_file.read_text())}
    assert set(clients) == {"shell", "settlement", "reports", "users", "hello"}
    assert len({client["client_secret"] for client in clients.values()}) == 5
    for program in plan.programs(secrets):
        if program.settings and program.port:
            client = clients[program.settings["BIZOPS_OIDC_CLIENT_ID"]]
            assert client["client_secret"] == program.settings["BIZOPS_OIDC_CLIENT_SECRET"]
            assert client["redirect_uris"] == [f"http://localhost:{program.port}/auth/callback"]
            assert client["backchannel_logout_uri"] == f"{program.settings['BIZOPS_BASE_URL']}/auth/backchannel-logout"


def test_the_shell_knows_the_micro_frontends_and_they_know_the_shell(tmp_path: Path) -> None:
    plan = Plan(8000, tmp_path, microfrontends={"hello": "http://localhost:8100"})
    settings = {program.name: program.settings for program in plan.programs(furnish(plan))}
    assert settings["shell"]["BIZOPS_MICROFRONTENDS"].split() == [
        "settlement=http://localhost:8003",
        "reports=http://localhost:8004",
        "users=http://localhost:8005",
        "hello=http://localhost:8100",
    ]
    for name in ("settlement", "reports", "users"):
        assert settings[name]["BIZOPS_SHELL_URL"] == settings["shell"]["BIZOPS_BASE_URL"] == "http://localhost:8000"
    assert "BIZOPS_SHELL_URL" not in settings["shell"]


def test_a_real_hub_is_used_when_it_is_named(tmp_path: Path) -> None:
    plan = Plan(8000, tmp_path, settings={"BIZOPS_HUB_LEDGER_URL": "https://hub.example"})
    settings = plan.settings_of("settlement", "secret")
    assert settings["BIZOPS_HUB_LEDGER_URL"] == "https://hub.example"
    assert settings["BIZOPS_HUB_SETTLEMENT_URL"] == "http://localhost:8002/v2"


def test_secrets_and_keys_are_made_once_and_are_private(plan: Plan) -> None:
    first = furnish(plan)
    keys = plan.assertion_keys.read_text()
    assert furnish(plan) == first
    assert plan.assertion_keys.read_text() == keys
    for path in (plan.clients_file, plan.assertion_keys, plan.folder / "secrets" / "clients.json"):
        assert path.stat().st_mode & 0o077 == 0


def test_the_first_start_gives_the_demo_users_their_roles_and_later_ones_leave_them_alone(plan: Plan) -> None:
    people = read_people(USERS_FILE)
    prepare(plan, people)
    store = SqlAssignments(plan.access_database)
    given = {person.username: person.subject for person in people}
    assert [grant.value for grant in store.roles_of(given["olivia"])] == ["operator"]
    assert [grant.value for grant in store.participants_of(given["ravi"])] == ["payerfsp"]
    store.remove(given["olivia"], "operator")
    prepare(plan, people)
    assert store.roles_of(given["olivia"]) == ()
