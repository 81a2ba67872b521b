"""What platform administrators do with micro-frontends while the portal runs, and what it refuses them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bff.access.assignments import SqlAssignments
from bff.change.audit import AuditQuery
from shell.registry.store import Change
from shell.tests.apps import Route, manifest, routes, says
from shell.tests.conftest import CSRF, OWN_PAGE, MakePortal, Portal, serves_manifest
from shell.tests.registering import somebody
from shell.tests.scripted import ScriptedServer
from shell.tests.test_home import main_of

ALLOWED = {"allowed_origins": "http://127.0.0.1:* http://localhost:*"}
SECRET = {**OWN_PAGE, "X-CSRF-Token": CSRF}
POLICY = """
kind: MojaloopApprovalPolicy
metadata: {name: approvals}
spec:
  rules:
    - {action: shell.disable_microfrontend, approvals: 1, checker: "shell:microfrontends:change"}
"""
Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts an app beside those that are configured; `gamma` unless it is said otherwise."""
    with ExitStack() as stack:

        def begin(name: str = "gamma", document: dict[str, Any] | None = None, **more: Any) -> ScriptedServer:
            told = says(json.dumps(document).encode()) if document is not None else serves_manifest(name, **more)
            table: dict[str, Route] = {"/manifest.json": told}
            return stack.enter_context(ScriptedServer(routes(table)))

        yield begin


@pytest.fixture
def made(portal: MakePortal) -> Portal:
    """A portal of `alpha`, where addresses of this machine may be registered."""
    return portal(ALLOWED, alpha={})


def order(browser: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Confirm an action's form."""
    sent = {**fields, "confirmed": "yes", "attempt": f"{path} {fields}"}
    return browser.post(f"/microfrontends/{path}", data=sent, headers=SECRET)


def register(browser: FlaskClient, url: str, name: str = "gamma") -> TestResponse:
    return order(browser, "register", name=name, url=url)


def history(made: Portal, name: str) -> list[Change]:
    return made.platform.registry.store.history(name)


def test_a_registered_app_serves_at_once(made: Portal, serve: Serve) -> None:
    keeper = made.user("keeper", "reader")
    answer = register(keeper, serve().url)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/microfrontends/gamma")
    assert "Page /pages" in keeper.get("/gamma/pages").text
    made.platform.registry.read_manifests(["gamma"])
    assert "App gamma" in keeper.get("/alpha/pages").text
    (change,) = history(made, "gamma")
    assert change.told.actor == "Olivia Okello"
    assert change.after is not None
    assert change.after.registered_by == "Olivia Okello"


def test_the_question_shows_what_the_app_says_of_itself_and_what_nobody_may_see(made: Portal, serve: Serve) -> None:
    url = serve().url
    shown = made.user("keeper").get(f"/microfrontends/register?name=gamma&url={url}").text
    assert "Register gamma" in shown
    assert "App gamma" in shown
    assert "No role holds gamma:page:read" in shown


def test_a_page_shows_itself_anew_until_its_app_has_been_heard_of(made: Portal, serve: Serve) -> None:
    registry, keeper, again = made.platform.registry, made.user("keeper"), 'hx-get="/microfrontends/gamma"'
    registry.stop()  # nothing is read but by this test
    register(keeper, serve().url)
    shown = main_of(keeper, "/microfrontends/gamma")
    assert ("Not read yet" in shown, again in shown) == (True, True)
    registry.read_manifests(["gamma"])
    shown = main_of(keeper, "/microfrontends/gamma")
    assert ("App gamma" in shown, again in shown) == (True, False)


def test_an_address_is_kept_as_addresses_are_written(made: Portal, serve: Serve) -> None:
    server = serve()
    register(made.user("keeper"), f"HTTP://127.0.0.1:{server.port}/")
    record = made.platform.registry.record("gamma")
    assert record is not None
    assert record.url == server.url
    made.platform.registry.read_manifests(["gamma"])
    assert "Not read yet" not in made.user("keeper").get("/microfrontends/gamma").text


def test_what_is_changed_is_audited_with_before_and_after(made: Portal, serve: Serve) -> None:
    register(made.user("keeper"), serve().url)
    log = made.app.extensions["portal_audit"]
    entries = log.entries(AuditQuery(action="shell.register_microfrontend", limit=10)).entries
    assert [str(entry.outcome) for entry in entries] == ["done", "intent", "requested"]
    assert entries[0].target == "microfrontend:gamma"
    assert entries[0].after["url"].startswith("http://")


def told_by(browser: FlaskClient, path: str) -> dict[str, Any]:
    """The JSON that a path answers."""
    document: dict[str, Any] = json.loads(browser.get(path).data)
    return document


def refusal(answer: TestResponse) -> str:
    assert answer.status_code == 409
    return answer.text


def test_what_is_no_micro_frontend_is_not_registered(made: Portal, serve: Serve) -> None:
    keeper = made.user("keeper")
    gone = serve()
    gone.__exit__(None, None, None)
    cases = {
        "Nothing answers at": (gone.url, "gamma"),
        "it calls itself": (serve("delta").url, "gamma"),
        "keeps version 2 of the contract": (serve(document=manifest("gamma", contract="2")).url, "gamma"),
        "does not keep the contract": (serve(document={"name": "gamma"}).url, "gamma"),
        "alpha is registered already": (serve("alpha").url, "alpha"),
        "belongs to the portal itself": (serve("audit").url, "audit"),
        "is not among the addresses": ("http://10.0.0.1:8000", "gamma"),
    }
    for words, (url, name) in cases.items():
        assert words in refusal(register(keeper, url, name)), words
    assert keeper.post("/microfrontends/register", data={"name": "../x", "url": "x"}, headers=SECRET).status_code == 422
    assert [record.name for record in made.platform.registry.records()] == ["alpha"]


def test_nothing_is_registered_by_hand_where_no_address_is_allowed(portal: MakePortal, serve: Serve) -> None:
    keeper = portal(alpha={}).user("keeper")
    assert "BIZOPS_ALLOWED_ORIGINS" in refusal(register(keeper, serve().url))
    assert "Register a micro-frontend" not in keeper.get("/microfrontends").text


def test_a_disabled_app_is_led_to_by_nobody_until_it_is_enabled(made: Portal) -> None:
    keeper, reader = made.user("keeper"), made.user("reader")
    assert order(keeper, "alpha/disable").status_code == 303
    assert reader.get("/alpha/pages").status_code == 404
    assert "Feuilles" not in reader.get("/", headers={"Accept-Language": "fr"}).text
    assert "is disabled already" in refusal(order(keeper, "alpha/disable", reason="again"))
    assert order(keeper, "alpha/enable").status_code == 303
    made.read_manifests()
    assert reader.get("/alpha/pages").status_code == 200


def test_an_app_of_the_configuration_is_disabled_and_not_unregistered(made: Portal) -> None:
    assert "The configuration names it" in refusal(order(made.user("keeper"), "alpha/unregister"))


def test_an_app_registered_by_hand_is_forgotten_and_brought_back(made: Portal, serve: Serve) -> None:
    keeper = made.user("keeper")
    register(keeper, serve().url)
    assert order(keeper, "gamma/unregister").status_code == 303
    assert keeper.get("/gamma/pages").status_code == 404
    page = keeper.get("/microfrontends/gamma").text
    assert "not registered any more" in page
    last = history(made, "gamma")[0].revision
    assert f"/microfrontends/gamma/back/{last}" in page
    assert order(keeper, f"gamma/back/{last}").status_code == 303
    assert keeper.get("/gamma/pages").status_code == 200


def test_a_share_is_sent_grown_and_rolled_back(made: Portal, serve: Serve) -> None:
    keeper, url = made.user("keeper"), serve("alpha", version="2.0").url
    assert order(keeper, "alpha/share", url=url, percent="20", roles="reader").status_code == 303
    made.read_manifests()
    record = made.platform.registry.record("alpha")
    assert record is not None
    assert record.share is not None
    assert (record.share.percent, record.share.roles) == (20, ("reader",))
    page = keeper.get("/microfrontends/alpha").text
    assert "20 % and the roles Reader are sent to the other" in page
    assert order(keeper, "alpha/share", url=url, percent="100").status_code == 303
    first = history(made, "alpha")[-1].revision
    assert order(keeper, f"alpha/back/{first}").status_code == 303
    after = made.platform.registry.record("alpha")
    assert after is not None
    assert after.share is None
    assert "It is so already" in refusal(order(keeper, f"alpha/back/{first}", reason="twice"))


def test_a_share_that_cannot_be_sent_is_refused(made: Portal, serve: Serve) -> None:
    keeper, url = made.user("keeper"), serve("alpha", version="2.0").url
    own = made.servers["alpha"].url
    cases: dict[str, dict[str, str]] = {
        "Nobody is sent elsewhere": {"url": url, "percent": "0"},
        "is where everybody is sent already": {"url": own, "percent": "5"},
        "No file defines a role nobody": {"url": url, "percent": "5", "roles": "nobody"},
        "it calls itself": {"url": serve("delta").url, "percent": "5"},
        "is not among the addresses": {"url": "http://169.254.169.254", "percent": "5"},
    }
    for words, fields in cases.items():
        assert words in refusal(order(keeper, "alpha/share", **fields)), words
    order(keeper, "alpha/share", url=url, percent="10")
    another = {"url": serve("alpha").url, "percent": "5"}
    assert "before you try another" in refusal(order(keeper, "alpha/share", **another))
    assert order(keeper, "alpha/share", url=url, percent="101").status_code == 422


def test_a_version_to_which_everybody_was_sent_is_the_first_when_the_next_is_tried(made: Portal, serve: Serve) -> None:
    keeper, second, third = made.user("keeper"), serve(version="2.0").url, serve(version="3.0").url
    register(keeper, serve(version="1.0").url)
    order(keeper, "gamma/share", url=second, percent="100")
    assert order(keeper, "gamma/share", url=third, percent="10").status_code == 303
    record = made.platform.registry.record("gamma")
    assert record is not None
    assert record.share is not None
    assert (record.url, record.share.url) == (second, third)


def test_a_pinned_version_makes_the_menu(made: Portal) -> None:
    keeper = made.user("keeper")
    assert "has not answered here" in refusal(order(keeper, "alpha/pin", version="9.9"))
    assert order(keeper, "alpha/pin", version="1.0").status_code == 303
    record = made.platform.registry.record("alpha")
    assert record is not None
    assert record.version == "1.0"
    assert "pinned to 1.0" in keeper.get("/microfrontends").text


def test_only_who_keeps_the_platform_sees_it(made: Portal) -> None:
    watcher, reader, keeper = made.user("watcher"), made.user("reader"), made.user("keeper")
    paths = ["/microfrontends", "/microfrontends/alpha", "/api/microfrontends", "/api/microfrontends/alpha"]
    assert [reader.get(path).status_code for path in paths] == [403] * 4
    assert [watcher.get(path).status_code for path in paths] == [200] * 4
    assert [keeper.get(path).status_code for path in paths] == [200] * 4
    assert "Micro-frontends" not in reader.get("/").text
    assert "Micro-frontends" in watcher.get("/").text
    assert order(watcher, "alpha/disable").status_code == 403
    assert "/microfrontends/alpha/disable" not in watcher.get("/microfrontends/alpha").text
    assert keeper.get("/microfrontends/nothing").status_code == 404


def test_whoever_belongs_to_a_participant_learns_of_no_platform(made: Portal) -> None:
    keeper = made.user("keeper")
    SqlAssignments(made.platform.settings.access_database_url).add_participant("u-keeper", "payerfsp", "test")
    paths = ["/microfrontends", "/api/microfrontends", "/microfrontends/register", "/microfrontends/alpha/disable"]
    assert [keeper.get(path).status_code for path in paths] == [404] * 4


def test_the_interface_tells_programs_the_same(made: Portal) -> None:
    keeper = made.user("keeper")
    keeper.get("/alpha/pages")
    (told,) = told_by(keeper, "/api/microfrontends")["microfrontends"]
    assert (told["name"], told["source"], told["state"]) == ("alpha", "configuration", "enabled")
    (place,) = told["places"]
    assert (place["health"], place["versions"], place["contract"]) == ("available", ["1.0"], "1")
    assert place["breaker"] == "closed"
    answer = keeper.post("/api/microfrontends/alpha/disable", json={"reason": "leaks"}, headers=SECRET)
    assert (answer.status_code, json.loads(answer.data)["state"]) == (202, "DONE")
    told = told_by(keeper, "/api/microfrontends/alpha")
    assert told["places"][0]["health"] == "disabled"
    assert [(each["action"], each["reason"]) for each in told["history"]] == [("shell.disable_microfrontend", "leaks")]


def test_where_the_policy_asks_for_two_a_second_administrator_lets_it_through(portal: MakePortal) -> None:
    made = portal(ALLOWED, alpha={})
    folder = made.platform.settings.roles_dir
    assert folder is not None
    (folder / "approvals.yaml").write_text(POLICY)
    made = portal(ALLOWED, alpha={})
    maker, checker = made.user("keeper"), made.user("keeper", "reader")
    page = order(maker, "alpha/disable")
    assert page.headers["Location"].startswith("/approvals/")
    assert made.platform.registry.get("alpha") is not None
    assert "A change of it waits for approval" in maker.get("/microfrontends/alpha").text
    listed = checker.get("/approvals").text
    assert "Disable the micro-frontend alpha." in listed
    task = told_by(checker, "/api/approvals?show=waiting")["approvals"][0]
    value = "|".join(("shell", task["id"], task["sha256"], task["href"], task["sentence"]))
    sent = {"verdict": "approve", "task": value, "show": "waiting"}
    answer = checker.post("/approvals/decisions", data=sent, headers=SECRET)
    assert "Approved" in answer.text
    assert made.platform.registry.route("alpha", somebody("u-1")) is None
    decided = checker.get("/approvals?show=decided").text
    assert f"/approvals/{task['id']}" in decided
    assert checker.get(f"/approvals/{task['id']}").status_code == 200
