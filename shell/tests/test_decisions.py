"""What becomes of decisions made on the approvals page: each reaches its own app, and each gets an answer."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from shell.tests.approving import LIST, SHA, decides, holding, task, value
from shell.tests.apps import hangs, says, told
from shell.tests.conftest import CSRF, FORM, HTMX, OWN_PAGE, MakePortal, Portal
from shell.tests.scripted import ROOM
from shell.tests.test_approvals import words

DECISIONS = f"{LIST}/decisions"


def decide(browser: FlaskClient, verdict: str, *chosen: str, reason: str = "", status: int = 200) -> str:
    form = {"verdict": verdict, "task": list(chosen), "reason": reason, "csrf_token": CSRF}
    response = browser.post("/approvals/decisions", headers=OWN_PAGE, data=form)
    assert response.status_code == status
    return words(response.text.split("<main", 1)[1].split("</main>", 1)[0])


def sent(made: Portal, name: str) -> list[Any]:
    return [json.loads(asked.body) for asked in made.asked(name, DECISIONS)]


def test_decisions_go_to_each_tasks_own_app_together_with_what_was_seen(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"), beta=holding("beta"))
    chosen = [value(made, "alpha", "a1"), value(made, "beta", "b1"), value(made, "alpha", "a2")]
    text = decide(made.user("reader"), "approve", *chosen, reason="  As agreed\non the phone ")
    given = {"verdict": "approve", "sha256": SHA, "reason": "As agreed on the phone"}
    assert sent(made, "alpha") == [{"decisions": [{"id": "a1", **given}, {"id": "a2", **given}]}]
    assert sent(made, "beta") == [{"decisions": [{"id": "b1", **given}]}]
    assert text.index("Shut gate a1.") < text.index("Shut gate b1.") < text.index("Shut gate a2.")
    assert "3 decided" in text
    assert made.asked("alpha", DECISIONS)[0].headers["x-csrf-token"] == CSRF


def test_each_task_gets_its_own_answer_with_the_reason_of_a_refusal(portal: MakePortal) -> None:
    answers = {
        "moved": {"ok": False, "state": "STALE", "problem": "Gate moved has changed since."},
        "done": {"ok": True, "state": "DONE"},
    }
    made = portal(alpha={**holding("alpha"), DECISIONS: decides(**answers)})
    text = decide(made.user("reader"), "approve", value(made, number="moved"), value(made, number="done"))
    assert "1 decided 1 refused" in text
    assert re.search(r"Shut gate moved\.\s+Refused\s+Stale\s+Gate moved has changed since\.", text)
    assert re.search(r"Shut gate done\.\s+Taken\s+Done", text)


def test_a_decision_that_needs_a_fresh_login_leads_to_one_and_back_to_the_task(portal: MakePortal) -> None:
    way = "/auth/login?acr=mfa+hw&max_age=300&next=//evil.example/"
    made = portal(alpha={**holding("alpha"), DECISIONS: decides(t1={"ok": False, "state": "PENDING", "step_up": way})})
    browser = made.user("reader")
    form = {"verdict": "approve", "task": value(made)}
    page = browser.post("/approvals/decisions", headers=FORM, data=form).text
    assert 'href="/auth/login?next=/alpha/approvals/t1&amp;acr=mfa+hw&amp;max_age=300"' in page
    assert "evil" not in page


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example", "/auth/logout", "/beta/login", "/alpha/%2e%2e/x", "\\\\evil"]
)
def test_a_login_anywhere_else_becomes_the_tasks_own_page(portal: MakePortal, way: str) -> None:
    made = portal(alpha={**holding("alpha"), DECISIONS: decides(t1={"ok": False, "state": "PENDING", "step_up": way})})
    page = made.user("reader").post(
        "/approvals/decisions", headers=FORM, data={"verdict": "approve", "task": value(made)}
    )
    assert '<a href="/alpha/approvals/t1">Sign in again</a>' in page.text


def test_a_rejection_needs_a_reason_and_keeps_what_was_chosen(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha", task(), task(number="t2")))
    browser = made.user("reader")
    response = browser.post(
        "/approvals/decisions", headers=FORM, data={"verdict": "reject", "task": value(made), "reason": " "}
    )
    assert response.status_code == 422
    assert "Say why they are rejected" in response.text
    assert re.findall(r'name="task" value="alpha\|(\w+)\|[^>]* checked', response.text) == ["t1"]
    assert sent(made, "alpha") == []
    assert "1 decided" in decide(browser, "reject", value(made), reason="Not today")
    assert sent(made, "alpha")[0]["decisions"][0]["reason"] == "Not today"


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"verdict": "approve"}, "No request is chosen"),
        ({"verdict": "delete", "task": "V"}, "It was not said what to decide"),
        ({"task": "V"}, "It was not said what to decide"),
        ({"verdict": "approve", "task": "V", "reason": "x" * 401}, "shorten it to 400"),
        ({"verdict": "approve", "task": "alpha|a/b|" + SHA + "|/alpha/approvals/a|Shut"}, "No request is chosen"),
        ({"verdict": "approve", "task": "alpha|../x|" + SHA + "|/alpha/approvals/a|Shut"}, "No request is chosen"),
        ({"verdict": "approve", "task": "alpha|t1|5555|/alpha/approvals/t1|Shut"}, "No request is chosen"),
        ({"verdict": "approve", "task": "alpha|t1|" + SHA + "|/beta/approvals/t1|Shut"}, "No request is chosen"),
        ({"verdict": "approve", "task": "alpha|t1|" + SHA + "|//evil.example|Shut"}, "No request is chosen"),
        ({"verdict": "approve", "task": "alpha"}, "No request is chosen"),
        ({"verdict": "approve", "task": ""}, "No request is chosen"),
    ],
)
def test_a_form_that_is_not_ours_or_not_complete_reaches_no_app(
    portal: MakePortal, form: dict[str, str], problem: str
) -> None:
    made = portal(alpha=holding("alpha", task()))
    filled = {key: value(made) if said == "V" else said for key, said in form.items()}
    response = made.user("reader").post("/approvals/decisions", headers=FORM, data=filled)
    assert response.status_code == 422
    assert problem in response.text
    assert sent(made, "alpha") == []


def test_more_than_a_hundred_at_once_are_refused(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    chosen = [value(made, number=f"t{index}") for index in range(101)]
    assert "101 are chosen; 100 at once is the most." in decide(made.user("reader"), "approve", *chosen, status=422)


def test_one_task_chosen_twice_is_decided_once(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    decide(made.user("reader"), "approve", value(made), value(made))
    assert len(sent(made, "alpha")[0]["decisions"]) == 1


def test_a_decision_for_an_app_that_is_not_registered_or_takes_none_is_refused_alone(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"), plain={})
    strange = [value(made).replace("alpha", name) for name in ("gone", "plain", "other", "auth")]
    text = decide(made.user("reader"), "approve", *strange, value(made))
    assert "1 decided 4 refused" in text
    assert text.count("No part of the portal of this name takes decisions.") == 4
    assert made.asked("plain") == []


def test_an_app_that_does_not_answer_leaves_its_decision_unknown_and_says_so(portal: MakePortal) -> None:
    made = portal(settings={"main_seconds": ROOM}, alpha={**holding("alpha"), DECISIONS: hangs}, beta=holding("beta"))
    text = decide(made.user("reader"), "approve", value(made), value(made, "beta", "b1"))
    assert "1 decided 1 not known" in text
    assert "App alpha did not answer in time: it may have been decided." in text
    assert len(sent(made, "alpha")) == 1, "a decision is never sent twice"


def test_an_app_that_nobody_reached_changed_nothing(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    chosen, browser = value(made), made.user("reader")
    made.servers["alpha"].__exit__()
    text = decide(browser, "approve", chosen)
    assert "App alpha does not answer: nothing was changed." in text
    assert "not known" not in text


def test_a_decision_is_not_sent_a_second_time_when_a_kept_connection_dies(portal: MakePortal) -> None:
    made = portal(alpha={**holding("alpha", task()), DECISIONS: lambda peer, asked: peer.sock.close()})
    browser = made.user("reader")
    browser.get("/approvals")
    assert "1 not known" in decide(browser, "approve", value(made))
    assert len(sent(made, "alpha")) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"decisions": []},
        {"decisions": "done"},
        {"decisions": [{"id": "other", "ok": True, "state": "DONE"}]},
        {"decisions": [{"id": "t1", "ok": "yes", "state": "DONE"}]},
        {"decisions": [{"id": "t1", "ok": True, "state": "<b>"}]},
        {"decisions": [7]},
    ],
)
def test_an_answer_that_does_not_say_what_became_of_it_is_not_taken_for_a_yes(portal: MakePortal, answer: Any) -> None:
    made = portal(alpha={**holding("alpha"), DECISIONS: told(answer)})
    text = decide(made.user("reader"), "approve", value(made))
    assert "It did not say what became of this." in text
    assert "1 decided" not in text


def test_an_app_that_refuses_the_person_refuses_each_task(portal: MakePortal) -> None:
    made = portal(alpha={**holding("alpha"), DECISIONS: says(b"{}", "403 Forbidden", Content_Type="application/json")})
    assert "It was refused. Nothing was changed." in decide(made.user("visitor"), "approve", value(made))


def test_another_sites_form_or_another_persons_token_reaches_no_app(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    form = {"verdict": "approve", "task": value(made)}
    browser = made.user("reader")
    for headers, token in (
        ({"Sec-Fetch-Site": "cross-site"}, CSRF),
        ({"Origin": "https://evil.example"}, CSRF),
        (OWN_PAGE, "another-persons-token"),
        (OWN_PAGE, ""),
    ):
        response = browser.post("/approvals/decisions", headers=headers, data=form | {"csrf_token": token})
        assert response.status_code == 403
    assert made.app.test_client().post("/approvals/decisions", headers=FORM, data=form).status_code in (302, 401)
    assert made.asked() == []


def test_after_a_decision_the_badge_is_told_to_count_again(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha", waiting=2))
    browser = made.user("reader")
    browser.get("/slots/badges", headers=HTMX)
    answer = browser.post(
        "/approvals/decisions", headers={**FORM, **HTMX}, data={"verdict": "approve", "task": value(made)}
    )
    assert answer.headers["HX-Trigger"] == "approvals-changed"
    assert "<!doctype" not in answer.text
    browser.get("/slots/badges", headers=HTMX)
    assert len(made.asked(target=f"{LIST}?show=waiting&limit=1")) == 2


def test_what_an_app_says_of_a_decision_is_not_taken_for_html(portal: MakePortal) -> None:
    lie = {"ok": False, "state": "PENDING", "problem": "<img src=x onerror=alert(1)>"}
    made = portal(alpha={**holding("alpha"), DECISIONS: decides(t1=lie)})
    page = made.user("reader").post(
        "/approvals/decisions", headers=FORM, data={"verdict": "approve", "task": value(made)}
    )
    assert "<img src=x" not in page.text


def test_asking_for_the_answers_address_again_shows_the_list(portal: MakePortal) -> None:
    assert portal(alpha={}).user("reader").get("/approvals/decisions").headers["Location"] == "/approvals"


def test_the_badge_counts_again_after_anything_that_was_sent_to_an_app(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha", waiting=2))
    browser = made.user("reader")
    for send in (browser.get, browser.post):
        browser.get("/slots/badges", headers=HTMX)
        send("/alpha/approvals/t1", headers=FORM)
    browser.get("/slots/badges", headers=HTMX)
    assert len(made.asked(target=f"{LIST}?show=waiting&limit=1")) == 2
