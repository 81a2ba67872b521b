"""What is believed of an audit that an app tells, and what one entry shows."""

from pathlib import Path
from typing import Any

import pytest

from shell.tests.apps import says, told
from shell.tests.auditing import AUDIT, Kept
from shell.tests.conftest import MakePortal
from shell.tests.test_approvals import main_of, words
from shell.tests.test_audit import links

LIES: list[dict[str, Any]] = [
    {"seq": 0},
    {"seq": "1"},
    {"seq": 2**70},
    {"at": "now"},
    {"actor": "Mary"},
    {"actor": {"roles": "operator"}},
    {"action": "<b>"},
    {"outcome": ["done"]},
    {"task": "../../beta/approvals/1"},
    {"before": ["x"]},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_an_entry_that_cannot_be_believed_is_refused_alone_and_counted(
    portal: MakePortal, tmp_path: Path, lie: dict[str, Any]
) -> None:
    alpha = Kept("alpha", tmp_path)
    good = [alpha.write(target=f"gate:{number}").as_json() for number in (1, 2)]
    alpha.spoken = {"entries": [good[1], good[0] | lie]}
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), "/audit")
    assert "1 entry of App alpha cannot be shown" in main
    assert links(main) == ["alpha/2"]


@pytest.mark.parametrize("goes_on", [5, 2**70, -1, "next", 3])
def test_a_chain_that_leads_in_a_circle_is_not_followed(portal: MakePortal, tmp_path: Path, goes_on: Any) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(2)
    alpha.spoken = {"next": goes_on}
    assert "App alpha does not answer" in main_of(portal(alpha=alpha.app()).user("alphaAuditor"), "/audit")


def test_a_chain_that_repeats_itself_shows_each_entry_once(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    entries = [alpha.write(target=f"gate:{number}").as_json() for number in (1, 2, 3)]
    alpha.spoken = {"entries": [entries[2], entries[2], entries[1], entries[2], entries[0]]}
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), "/audit")
    assert links(main) == ["alpha/3", "alpha/2", "alpha/1"]
    assert "2 entries of App alpha cannot be shown" in main


def test_nothing_in_an_entry_is_taken_for_html(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    bad = "<script>alert(1)</script>"
    alpha.write(target=bad, reason=bad, before={bad: bad}, after={bad: "x"}, detail={bad: [bad]}, participant=bad)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    for path in ("/audit", "/audit/alpha/1"):
        assert "<script>alert" not in main_of(browser, path)


def test_one_entry_shows_what_changed_its_evidence_and_the_way_to_its_request(
    portal: MakePortal, tmp_path: Path
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write()
    facts: dict[str, Any] = {
        "target": "gate:7",
        "reason": "Storm",
        "task": "0f3c",
        "before": {"state": "OPEN", "cap": {"amount": "10.50", "currency": "USD"}, "same": "x"},
        "after": {"state": "SHUT", "cap": {"amount": "20", "currency": "USD"}, "same": "x"},
        "detail": {"weather": "wind"},
    }
    entry = alpha.write(**facts)
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), "/audit/alpha/2")
    text = words(main)
    assert "state OPEN SHUT" in text
    assert "cap 10.50 USD 20.00 USD" in text
    assert "same x" not in text
    assert "weather wind" in text
    assert "Storm" in text
    assert 'href="/alpha/approvals/0f3c"' in main
    assert entry.hash in main
    assert 'href="/audit/alpha/1"' in main
    assert "They fit" in text


def test_an_entry_that_was_edited_is_shown_as_not_genuine(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    body = alpha.write(target="gate:1").as_json() | {"target": "gate:9"}
    alpha.spoken = {"entry": {key: value for key, value in body.items() if key != "hash"}}
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    assert "This entry is not as it was written" in main_of(browser, "/audit/alpha/1")
    alpha.spoken = {"entries": [body]}
    assert '<tr class="danger">' in main_of(browser, "/audit")


def test_the_shells_own_entries_have_pages_too(portal: MakePortal) -> None:
    made = portal(alpha={})
    browser = made.user("auditor")
    main_of(browser, "/audit")
    assert "Read the audit" in main_of(browser, "/audit/shell/1")
    assert browser.get("/audit/shell/999").status_code == 404


def test_an_entry_that_is_not_there_and_one_whose_app_is_away_are_told_apart(
    portal: MakePortal, tmp_path: Path
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write()
    made = portal(alpha=alpha.app(), beta=Kept("beta", tmp_path).app())
    browser = made.user("auditor")
    assert browser.get("/audit/alpha/9").status_code == 404
    assert browser.get("/audit/alpha/x").status_code == 404
    made.servers["beta"].__exit__()
    gone = browser.get("/audit/beta/1")
    assert gone.status_code == 503
    assert "App beta does not answer" in gone.text


def test_an_app_that_answers_for_another_entry_is_not_believed(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    other = alpha.write(target="gate:1").as_json()
    alpha.write()
    made = portal(alpha=alpha.app() | {f"{AUDIT}/2": told(other), f"{AUDIT}/1": says(b"[]", Content_Type="text/html")})
    browser = made.user("alphaAuditor")
    assert browser.get("/audit/alpha/2").status_code == 503
    assert browser.get("/audit/alpha/1").status_code == 503
