"""The provider's SCIM directory: who may read it, how it pages and filters, and what making somebody inactive does."""

from contextlib import closing
from typing import Any

import pytest
import requests

from sandbox.tests.relying_party import DIRECTORY, Browser, Running, arguments, call


class Directory:
    """A client of the directory, with an access token in its own name."""

    def __init__(self, provider: Running) -> None:
        self.base = provider.url + "/scim/v2"
        answer = provider.token(DIRECTORY, grant_type="client_credentials", resource=self.base)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return call("GET", self.base + path, params=parameters, headers=self.headers)

    def patch(self, subject: str, *operations: dict[str, Any]) -> requests.Response:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return call("PATCH", f"{self.base}/Users/{subject}", json=body, headers=self.headers)

    def names(self, text: str) -> list[str]:
        return [user["userName"] for user in self.get("/Users", filter=text).json()["Resources"]]


@pytest.fixture
def directory(provider: Running) -> Directory:
    """The directory of the running provider."""
    return Directory(provider)


def test_all_people_are_found_by_paging_past_the_hundredth(directory: Directory) -> None:
    first = directory.get("/Users").json()
    second = directory.get("/Users", startIndex=101, count=500).json()
    assert (first["totalResults"], first["startIndex"], first["itemsPerPage"]) == (126, 1, 100)
    assert (second["startIndex"], second["itemsPerPage"]) == (101, 26)
    names = [user["userName"] for user in first["Resources"] + second["Resources"]]
    assert len(set(names)) == 126
    assert names == sorted(names)


def test_a_count_of_zero_says_only_how_many_there_are(directory: Directory) -> None:
    answer = directory.get("/Users", count=0).json()
    assert (answer["totalResults"], answer["Resources"]) == (126, [])


def test_users_are_sorted_as_asked(directory: Directory) -> None:
    users = directory.get("/Users", sortBy="displayName", sortOrder="descending", count=3).json()["Resources"]
    assert [user["displayName"] for user in users] == sorted((u["displayName"] for u in users), reverse=True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('userName eq "Olivia"', ["olivia"]),
        ('displayName co "mwa" and active eq true', ["marcus"]),
        ('userName eq "ada" or userName eq "ravi"', ["ada", "ravi"]),
        ('displayName sw "Clara" and userName ne "clara"', []),
        ('emails.value ew "fatima@example.com"', ["fatima"]),
        ('id eq "u-105"', ["ada"]),
        (r'userName eq "\u0061d\u0061"', ["ada"]),
    ],
)
def test_a_filter_keeps_whom_it_names(directory: Directory, text: str, names: list[str]) -> None:
    assert directory.names(text) == names


@pytest.mark.parametrize(
    "text", ["userName", 'userName eq "x', 'phone eq "1"', "userName gt 3", r'id eq "\x"', 'id pr nor id eq "1"']
)
def test_a_filter_that_cannot_be_used_is_refused(directory: Directory, text: str) -> None:
    refused = directory.get("/Users", filter=text)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")
    assert refused.headers["Content-Type"] == "application/scim+json"


def test_one_user_is_found_by_id_and_an_unknown_one_is_not(directory: Directory) -> None:
    user = directory.get("/Users/u-106").json()
    assert (user["userName"], user["displayName"], user["active"]) == ("ravi", "Ravi Rao", True)
    missing = directory.get("/Users/u-999")
    assert (missing.status_code, missing.json()["status"]) == (404, "404")


def test_the_directory_says_what_it_can_do(directory: Directory) -> None:
    said = directory.get("/ServiceProviderConfig").json()
    assert (said["patch"]["supported"], said["filter"]["maxResults"], said["bulk"]["supported"]) == (True, 100, False)


def test_nobody_reads_the_directory_without_a_token_for_it(provider: Running, visitor: Browser) -> None:
    directory = Directory(provider)
    directory.headers = {}
    assert directory.get("/Users").status_code == 401
    directory.headers = {"Authorization": f"Bearer {visitor.sign_in()['access_token']}"}
    assert directory.get("/Users").status_code == 403
    elsewhere = provider.token(DIRECTORY, grant_type="client_credentials", resource="shell").json()["access_token"]
    directory.headers = {"Authorization": f"Bearer {elsewhere}"}
    assert directory.get("/Users").status_code == 401


@pytest.mark.parametrize(
    "operation",
    [{"op": "replace", "path": "active", "value": False}, {"op": "Replace", "value": {"active": False}}],
)
def test_an_inactive_person_is_signed_out_and_cannot_come_back(
    provider: Running, directory: Directory, operation: dict[str, Any]
) -> None:
    with closing(Browser(provider)) as visitor:
        tokens = visitor.sign_in("u-102")
        answer = directory.patch("u-102", operation)
        assert (answer.status_code, answer.json()["active"]) == (200, False)
        assert arguments(visitor.visit(prompt="none"))["error"] == "login_required"
        refreshed = provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert refreshed.json()["error"] == "invalid_grant"
        for form in ({"chosen": "u-102"}, {"username": "marcus", "password": "bizops"}):
            refused = visitor.submit(form)
            assert (refused.status_code, "This account is inactive" in refused.text) == (401, True)
        directory.patch("u-102", {"op": "replace", "path": "active", "value": True})
        assert "code" in arguments(visitor.submit({"chosen": "u-102"}))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "userName", "value": "x"},
        {"op": "remove", "path": "active"},
        {"op": "replace", "path": "active", "value": "no"},
        {"op": "replace", "value": {"active": False, "userName": "x"}},
    ],
)
def test_nothing_else_can_be_changed(directory: Directory, operation: dict[str, Any]) -> None:
    assert directory.patch("u-101", operation).status_code == 400
    assert directory.get("/Users/u-101").json()["active"] is True
