"""Every route and every action, as every standard role, on own and other data: answered as the role files say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from bff.access import files
from bff.change.actions import Effect
from bff.change.approvals import Changes
from bff.change.audit import Actor, Outcome
from bff.change.policy import Terms
from bff.change.states import State
from bff.change.tasks import Task, Wish, digest
from bff.run import Person
from roles import BUSINESS
from tests.authorisation.cases import OTHER, OWN, cases, wrong
from tests.authorisation.people import browser_of, machine_of
from tests.figures import figure
from tests.test_every_route import APPS, made

SETS = {"standard": files.load(), "business": files.load(BUSINESS)}
Placed = tuple[str, Flask, str]
COUNTED = {"cases": 0, "failures": 0}
# One command for each action, so that a request for it can be told; a new action needs one here.
COMMANDS: dict[str, dict[str, Any]] = {
    "reports.acknowledge_pack": {"pack_id": "p"},
    "reports.answer_dispute": {"pack_id": "p"},
    "reports.dispute_pack": {"pack_id": "p"},
    "reports.retry_pack": {"pack_id": "p"},
    "settlement.abort": {"settlement_id": 1},
    "settlement.close_window": {"window_id": 1},
    "settlement.correct": {"settlement_id": 1, "account_id": 3, "finalisation_id": "f"},
    "settlement.finalise": {"settlement_id": 1},
    "settlement.note_step": {"settlement_id": 1, "step": 3},
    "settlement.restore_cap": {"settlement_id": 1, "participant": OWN, "currency": "USD"},
    "settlement.resume": {"run_id": "r"},
    "settlement.give_up": {"run_id": "r"},
    "settlement.settle": {"model": "DEFERREDNET", "windows": "1"},
    "shell.register_microfrontend": {"name": "hello", "url": "http://localhost:8006"},
    "shell.unregister_microfrontend": {"name": "hello"},
    "shell.disable_microfrontend": {"name": "hello"},
    "shell.enable_microfrontend": {"name": "hello"},
    "shell.pin_version": {"name": "hello", "version": "1.0"},
    "shell.send_share": {"name": "hello", "url": "http://localhost:8007", "percent": 10},
    "shell.roll_back": {"name": "hello", "revision": 1},
    "users.assign_role": {"subject": "u-1", "role": "operator"},
    "users.remove_role": {"subject": "u-1", "role": "operator"},
    "users.add_participant": {"subject": "u-1", "participant": OWN},
    "users.remove_participant": {"subject": "u-1", "participant": OWN},
    "users.create_person": {"username": "new.one", "name": "New One", "email": "new.one@example.org"},
    "users.enable_person": {"subject": "u-1"},
    "users.disable_person": {"subject": "u-1"},
}


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    """Say how many cases there were, and how many went wrong."""
    yield
    figure("authz_matrix_cases", COUNTED["cases"])
    figure("authz_matrix_failures", COUNTED["failures"])


@pytest.fixture(scope="module", params=[(app, name) for app in sorted(APPS) for name in SETS], ids="-".join)
def placed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Flask, str]]:
    """An app under one of the two sets of roles."""
    app_name, set_name = request.param
    folder: Path = tmp_path_factory.mktemp(f"{app_name}-{set_name}")
    with made(app_name, folder, roles_dir=None if set_name == "standard" else BUSINESS, shell_url="") as app:
        yield app_name, app, set_name


def tell(problems: list[str], tried: int) -> None:
    """Count, and fail with what is wrong."""
    COUNTED["cases"] += tried
    COUNTED["failures"] += len(problems)
    assert problems == []


def test_every_route_answers_each_role_as_the_role_files_say(placed: Placed) -> None:
    name, app, set_name = placed
    problems, tried = [], 0
    browsers: dict[tuple[str, tuple[str, ...]], Any] = {}
    for case in cases(app, list(SETS[set_name].roles.values())):
        key = (case.role.name, case.bound_to)
        if key not in browsers:
            browsers[key] = browser_of(app, case.role, case.bound_to)
        if case.endpoint == "auth.logout":
            continue  # it would end the session that the next case needs
        status = (
            browsers[key].open(case.path, method=case.method, json={} if "/api/" in case.path else None).status_code
        )
        problems += [found] if (found := wrong(case, name, status)) else []
        tried += 1
    tell(problems, tried)


def test_every_api_answers_a_client_as_the_role_files_say_and_every_page_sends_it_away(placed: Placed) -> None:
    name, app, set_name = placed
    if set_name != "standard":
        return  # whether roles are read aright is tried above; here is another way in to the same answers
    problems, tried = [], 0
    clients: dict[tuple[str, tuple[str, ...]], Any] = {}
    for case in cases(app, list(SETS[set_name].roles.values())):
        of_api = case.path.startswith("/api/")
        if not of_api and (case.bound_to or case.method != "GET" or case.role.name != "operator"):
            continue  # a page looks at no token, so one role tells as much as all
        key = (case.role.name, case.bound_to)
        if key not in clients:
            clients[key] = machine_of(app, case.role, case.bound_to)
        status = clients[key].open(case.path, method=case.method, json={} if of_api else None).status_code
        if of_api:
            problems += [f"a client: {found}"] if (found := wrong(case, name, status)) else []
        elif status not in (302, 401, 404):
            problems.append(f"a client opens the page /{name}{case.path}: {status}")
        tried += 1
    tell(problems, tried)


def test_every_actions_requests_are_decided_only_by_those_whom_the_role_files_let(
    placed: Placed,
) -> None:
    _name, app, set_name = placed
    changes: Changes | None = app.extensions.get("portal_changes")
    book, problems, tried = SETS[set_name], [], 0
    for action_name, action in changes.actions.items() if changes else ():
        command = action.schema().load(COMMANDS[action_name])
        terms = changes.policy.terms(action_name, str(action.permission), command, {})
        for role in book.roles.values():
            for bound_to in ((), (OWN,), (OTHER,)):
                task = waiting(changes, action_name, terms)
                browser = browser_of(app, role, bound_to)
                told = browser.get("/api/approvals?show=open&limit=500").json["approvals"]
                seen = next((each for each in told if each["id"] == task.id), None)
                in_view = role.scope == "hub" and not bound_to
                entitled = in_view and terms.checker in role.permissions and checks(terms, role.name)
                if bool(seen and seen["may"]["approve"]) != entitled:
                    problems.append(f"{action_name} as {role.name} bound to {bound_to}: {seen and seen['why_not']}")
                decision = {"verdict": "reject", "sha256": task.sha256, "reason": "no"}
                status = browser.post(f"/approvals/{task.id}", data=decision).status_code
                # The hub is out of reach, so an entitled decision may fail, but not for want of a right.
                refused = status == 403 if entitled else bool(changes.tasks.find(task.id).decisions)
                if refused:
                    problems.append(f"{action_name} decided as {role.name} bound to {bound_to}: {status}")
                tried += 2
    tell(problems, tried)


def checks(terms: Terms, role: str) -> bool:
    """Whether the policy's pairs let this role check what the maker of `waiting` asked for."""
    return not terms.pairs or any(pair.checker == role for pair in terms.pairs)


def waiting(changes: Changes, action_name: str, terms: Terms) -> Task:
    """A request of somebody else for an action, straight into the store: how it is asked for is tried elsewhere."""
    action = changes.actions[action_name]
    command = action.schema().load(COMMANDS[action_name])
    makers = tuple(pair.maker for pair in terms.pairs)
    wish = Wish(
        action=action_name,
        target=f"test:{uuid4()}",
        command=action.schema().dump(command),
        effect=Effect(),
        participants=(),
        maker=Person("u-the-maker", "The Maker", "maker"),
        maker_roles=makers,
        reason="for the matrix",
        terms=terms,
    )
    now = datetime.now(UTC)
    task = Task(str(uuid4()), State.PENDING, wish, digest(wish.body()), now, now + timedelta(hours=1), now)
    with changes.tasks.engine.begin() as connection:
        changes.tasks.insert(connection, task, str(uuid4()))
        asked = changes.execution.about(task, Outcome.REQUESTED, wish.reason)
        changes.audit.append(connection, asked, Actor("u-the-maker", "The Maker", "maker"))
    return task
