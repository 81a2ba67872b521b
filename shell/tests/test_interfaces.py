"""What one app may read of the others: in the name of whoever has just asked it, and no more than they may see now."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from bff.access.assignments import SqlAssignments
from bff.identity.principal import Identity
from bff.testing import assertion
from shell.tests.approving import LIST, task, with_approvals
from shell.tests.apps import Asked, Route, told
from shell.tests.conftest import MakePortal, Portal

PATH = "/api/interfaces/approvals"
WHO = Identity("u-1", "Ada", "ada", frozenset(), True, frozenset(), ("auditor",), "csrf", "session")


@pytest.fixture
def made(portal: MakePortal) -> Portal:
    """Two apps with a request each; Ada is an auditor."""
    made = portal(**{name: app(name, {"approvals": [task(name)]}) for name in ("alpha", "beta")})
    SqlAssignments(made.platform.settings.access_database_url).assign("u-1", "auditor", "test")
    return made


def app(name: str, answer: Any, status: str = "200 OK") -> dict[str, Route]:
    return {"/manifest.json": with_approvals(name), LIST: told(answer, status)}


def ask(made: Portal, query: str = "", audience: str = "reports", path: str = PATH, **claims: Any) -> Any:
    presented = made.platform.minter.assertion(
        Identity(**{**vars(WHO), **claims}), audience, frozenset({"reports:catalogue:view"})
    )
    return made.app.test_client().get(f"{path}?{query}", headers={"Portal-On-Behalf": presented})


def claims_of(asked: Asked) -> dict[str, Any]:
    body = asked.headers["portal-identity"].split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def test_every_app_answers_the_person_with_the_rights_that_they_have_there(made: Portal) -> None:
    answer = ask(made, "show=all&limit=5")
    answers = answer.json["apps"]
    assert [(each["app"], each["status"]) for each in answers] == [("shell", 200), ("alpha", 200), ("beta", 200)]
    assert answers[1]["document"]["approvals"][0]["id"] == "t1"
    (asked,) = made.asked("alpha")
    assert asked.target == f"{LIST}?show=all&limit=5"
    claims = claims_of(asked)
    assert (claims["sub"], claims["aud"], claims["permissions"]) == ("u-1", "alpha", ["alpha:audit:view"])


def test_one_app_may_be_asked_alone(made: Portal) -> None:
    assert [each["app"] for each in ask(made, "app=beta").json["apps"]] == ["beta"]
    assert made.asked("alpha") == []


def test_rights_that_are_gone_are_gone_here_at_once(made: Portal) -> None:
    SqlAssignments(made.platform.settings.access_database_url).remove("u-1", "auditor")
    assert ask(made).status_code == 401
    assert made.asked("alpha") == []


def test_nobody_asks_for_another(made: Portal) -> None:
    client = made.app.test_client()
    assert client.get(PATH).status_code == 401
    assert made.user("auditor").get(PATH).status_code == 401
    foreign = {"Portal-On-Behalf": assertion("reports", sub="u-1")}
    assert client.get(PATH, headers=foreign).status_code == 401
    assert ask(made, audience="alpha").status_code == 401
    assert ask(made, participants=frozenset({"payerfsp"})).status_code == 401
    assert made.asked("alpha") == []


@pytest.mark.parametrize("name", ["audit", "manifest.json", ".."])
def test_other_interfaces_are_not_relayed(made: Portal, name: str) -> None:
    assert ask(made, path=f"/api/interfaces/{name}").status_code == 404
    assert made.asked("alpha") == []


def test_an_app_that_was_never_heard_of_is_not_waited_for(portal: MakePortal) -> None:
    made = portal({"microfrontends": "ghost=http://127.0.0.1:9"})
    SqlAssignments(made.platform.settings.access_database_url).assign("u-1", "auditor", "test")
    assert "ghost" not in [each["app"] for each in ask(made).json["apps"]]


def test_an_app_that_fails_is_named(portal: MakePortal) -> None:
    made = portal(alpha=app("alpha", {"approvals": []}), beta=app("beta", {}, "500 Internal Server Error"))
    SqlAssignments(made.platform.settings.access_database_url).assign("u-1", "auditor", "test")
    assert [(each["app"], each["status"]) for each in ask(made, "app=beta").json["apps"]] == [("beta", 0)]
