"""The provider's SCIM directory: who may read it, how it pages and filters, and what making somebody inactive does."""

from contextlib import closing
from typing import Any

import pytest
import requests

from sandbox.provider.scim_user import CORE, ENTERPRISE, SIGN_IN
from sandbox.tests.relying_party import DIRECTORY, Browser, Running, arguments, call


class Directory:
    """A client of the directory, with an access token in its own name."""

    def __init__(self, provider: Running) -> None:
        self.base = provider.url + "/scim/v2"
        answer = provider.token(DIRECTORY, grant_type="client_credentials", resource=self.base)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return call("GET", self.base + path, params=parameters, headers=self.headers)

    def patch(self, subject: str, *operations: dict[str, Any], version: str = "") -> requests.Response:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return self.send("PATCH", f"/Users/{subject}", body, version)

    def send(self, method: str, path: str, body: Any, version: str = "") -> requests.Response:
        headers = {**self.headers, **({"If-Match": version} if version else {})}
        return call(method, self.base + path, json=body, headers=headers)

    def names(self, text: str) -> list[str]:
        return [user["userName"] for user in self.get("/Users", filter=text).json()["Resources"]]


@pytest.fixture
def directory(provider: Running) -> Directory:
    """The directory of the running provider."""
    return Directory(provider)


def test_all_people_are_found_by_paging_past_the_hundredth(directory: Directory) -> None:
    first = directory.get("/Users").json()
    second = directory.get("/Users", startIndex=101, count=500).json()
    assert (first["totalResults"], first["startIndex"], first["itemsPerPage"]) == (128, 1, 100)
    assert (second["startIndex"], second["itemsPerPage"]) == (101, 28)
    names = [user["userName"] for user in first["Resources"] + second["Resources"]]
    assert len(set(names)) == 128
    assert names == sorted(names)


def test_a_count_of_zero_says_only_how_many_there_are(directory: Directory) -> None:
    answer = directory.get("/Users", count=0).json()
    assert (answer["totalResults"], answer["Resources"]) == (128, [])


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
    assert said["etag"]["supported"] is True


def test_a_user_is_told_with_organisation_and_last_sign_in(provider: Running, directory: Directory) -> None:
    ravi = directory.get("/Users/u-106").json()
    assert ravi[ENTERPRISE] == {"organization": "Payer FSP"}
    assert ravi[SIGN_IN] == {"lastLogin": "2027-01-10T08:00:00Z"}  # five days before the provider's clock
    assert directory.get("/Users/u-201").json()[SIGN_IN] == {}
    with closing(Browser(provider)) as visitor:
        visitor.sign_in("u-106")
    assert directory.get("/Users/u-106").json()[SIGN_IN] == {"lastLogin": "2027-01-15T08:00:00Z"}
    assert directory.get("/Users/u-106").headers["ETag"] == ravi["meta"]["version"]


def newcomer(username: str, **more: Any) -> dict[str, Any]:
    return {"schemas": [CORE], "userName": username, "displayName": "Nia Nkosi", **more}


def test_somebody_is_taken_in_and_can_sign_in(provider: Running, directory: Directory) -> None:
    body = newcomer("nia", emails=[{"value": "nia@hub.example"}], **{ENTERPRISE: {"organization": "Hub"}})
    added = directory.send("POST", "/Users", {**body, "id": "u-101", "meta": {"version": "9"}})
    told = added.json()
    assert (added.status_code, added.headers["Location"]) == (201, told["meta"]["location"])
    assert (told["userName"], told["active"], told["id"] != "u-101") == ("nia", True, True)
    assert (told["emails"][0]["value"], told[ENTERPRISE]) == ("nia@hub.example", {"organization": "Hub"})
    assert directory.get(f"/Users/{told['id']}").json() == told
    assert directory.names('userName eq "NIA"') == ["nia"]
    with closing(Browser(provider)) as visitor:
        assert "code" in arguments(visitor.submit({"username": "nia", "password": "bizops"}))


def test_a_user_name_is_taken_once_whatever_its_capitals(directory: Directory) -> None:
    refused = directory.send("POST", "/Users", newcomer("ADA"))
    assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"userName": "x", "displayName": "X"},
        newcomer(""),
        newcomer("x" * 201),
        newcomer("new\nline"),
        newcomer("y", displayName=7),
        newcomer("y", active="no"),
    ],
)
def test_a_body_that_is_no_user_is_refused(directory: Directory, body: Any) -> None:
    refused = directory.send("POST", "/Users", body)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/scim+json")


def test_a_user_is_said_anew_all_but_the_user_name(directory: Directory) -> None:
    told = directory.get("/Users/u-202").json()
    changed = directory.send("PUT", "/Users/u-202", {**told, "displayName": "Other Name", "active": False})
    assert (changed.status_code, changed.json()["displayName"], changed.json()["active"]) == (200, "Other Name", False)
    assert changed.json()[ENTERPRISE] == told[ENTERPRISE]
    refused = directory.send("PUT", "/Users/u-202", {**told, "userName": "somebody"})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")


def test_who_has_changed_meanwhile_is_not_changed_by_whoever_read_them_before(directory: Directory) -> None:
    version = directory.get("/Users/u-203").headers["ETag"]
    off, on = ({"op": "replace", "path": "active", "value": value} for value in (False, True))
    assert directory.patch("u-203", off, version=version).status_code == 200
    assert directory.patch("u-203", on, version=version).status_code == 412
    now = directory.get("/Users/u-203")
    assert (now.json()["active"], now.headers["ETag"] != version) == (False, True)
    assert directory.patch("u-203", on, version=now.headers["ETag"]).status_code == 200


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
