"""Machines stand among the people: told apart on every page, and given roles by the same actions."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from microfrontends.users.directory import Wanted
from microfrontends.users.directory.keycloak import _person as of_keycloak
from microfrontends.users.directory.line import Client
from microfrontends.users.directory.scim import SCOPE, ScimDirectory
from microfrontends.users.tests.conftest import MARCUS
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_pages import sheet
from sandbox.tests.relying_party import DIRECTORY, MACHINES, PORTAL, running_provider

MANAGER = "payment-manager-payerfsp"


@pytest.fixture
def manager(directory: FakeDirectory) -> str:
    """The Payment Manager of a participant, as a directory knows it."""
    directory.add(MANAGER, "Payment Manager")
    directory.people[MANAGER] = replace(directory.people[MANAGER], machine=True, email="", username=MANAGER)
    return MANAGER


def test_a_client_is_found_among_people_and_told_apart(marcus: FlaskClient, manager: str) -> None:
    listed = marcus.get("/people?search=payment").text
    assert "Payment Manager" in listed
    assert ">Client<" in listed
    assert ">Person<" in marcus.get("/people?search=ada").text
    rows = sheet(marcus.get("/people.csv").text)
    assert {row[-1]: row[-2] for row in rows[1:]}[manager] == "client"
    told = marcus.get(f"/api/users/{manager}").json
    assert told is not None
    assert (told["user"]["kind"], told["user"]["emails"]) == ("client", [])


def test_a_client_is_given_a_role_and_a_participant_as_people_are(
    marcus: FlaskClient, manager: str, store: Assignments
) -> None:
    sure = {"confirmed": "yes"}
    assert (
        marcus.post(f"/people/{manager}/roles/assign", data={"role": "dfspReconciliationReports", **sure}).status_code
        == 303
    )
    assert (
        marcus.post(f"/people/{manager}/participants/add", data={"participant": "payerfsp", **sure}).status_code == 303
    )
    held = store.holding(manager)
    assert held.items == {("role", "dfspReconciliationReports"), ("participant", "payerfsp")}
    page = marcus.get(f"/people/{manager}").text
    assert "Client" in page
    assert "DFSP reconciliation" in page


def test_the_access_review_marks_a_client(marcus: FlaskClient, manager: str, store: Assignments) -> None:
    store.assign(manager, "audit", MARCUS)
    assert ">Client<" in marcus.get("/review").text
    lines = sheet(marcus.get("/review.csv").text)[1:]
    assert {line[-1]: line[-2] for line in lines} == {manager: "client", MARCUS: "person"}


def test_a_directory_that_speaks_scim_says_who_is_a_client(tmp_path: Path) -> None:
    with running_provider(tmp_path, PORTAL, DIRECTORY, machines=MACHINES) as provider:
        client = Client(provider.url, str(DIRECTORY["client_id"]), str(DIRECTORY["client_secret"]), SCOPE)
        directory = ScimDirectory(f"{provider.url}/scim/v2", client)
        found = directory.named([MANAGER, "u-101"])
        assert (found[MANAGER].machine, found["u-101"].machine) == (True, False)
        assert found[MANAGER].email == ""
        assert [each.subject for each in directory.page(Wanted("payment"), 1, 50).people] == [MANAGER]


def test_keycloaks_service_account_is_a_client_of_whose_logins_nothing_is_known() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    said = {"id": "0f7a2c54", "username": "service-account-payment-manager", "enabled": True, "createdTimestamp": 1}
    client = of_keycloak(said, None, since)
    assert (client.machine, client.logins_since) == (True, None)
    assert of_keycloak({**said, "username": "olivia"}, None, since).logins_since == since
