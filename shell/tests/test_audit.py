"""What an auditor finds on the audit page: every app's entries by time, each once, and what is missing by name."""

import re
import time
from pathlib import Path

import pytest

from bff.change.audit import AuditLog, AuditQuery, Outcome
from shell.tests.apps import hangs
from shell.tests.auditing import AUDIT, Kept
from shell.tests.conftest import MakePortal, Portal
from shell.tests.scripted import ROOM, SOON
from shell.tests.test_approvals import main_of, words


def own_log(made: Portal) -> AuditLog:
    log: AuditLog = made.app.extensions["portal_audit"]
    return log


def links(page: str) -> list[str]:
    return re.findall(r'<a class="row-link" href="/audit/([a-z]+/[0-9]+)"', page)


def onward(page: str) -> str:
    """The address of the next page; empty at the end."""
    found = re.search(r'href="([^"]*)" rel="next"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_entries_of_all_apps_and_of_the_shell_are_merged_by_time(portal: MakePortal, tmp_path: Path) -> None:
    alpha, beta = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    made = portal(alpha=alpha.app(), beta=beta.app())
    alpha.write(target="gate:1")
    beta.write(outcome=Outcome.REFUSED, participant="payerfsp")
    alpha.write(target="gate:2")
    main = main_of(made.user("auditor"), "/audit?actor=u-mary")
    assert links(main) == ["alpha/2", "beta/1", "alpha/1"]
    text = words(main)
    assert "Mary Maker, operator alpha.shut_gate gate:2" in text
    assert re.search(r"payerfsp\s+Refused\s+App beta", text)
    assert "1\N{EN DASH}3 of 3" in text


def test_every_entry_is_on_exactly_one_page_while_all_chains_go_on_growing(portal: MakePortal, tmp_path: Path) -> None:
    alpha, beta = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    alpha.write_many(70)
    beta.write_many(35)
    alpha.write_many(30)
    made = portal(alpha=alpha.app(), beta=beta.app())
    browser, path, pages = made.user("auditor"), "/audit?actor=mary", []
    while path:
        page = main_of(browser, path)
        pages.append(links(page))
        path = onward(page)
        alpha.write()
        beta.write()
    assert [len(page) for page in pages] == [50, 50, 35]
    seen = [entry for page in pages for entry in page]
    expected = {f"alpha/{seq}" for seq in range(1, 101)} | {f"beta/{seq}" for seq in range(1, 36)}
    assert set(seen) == expected
    assert len(seen) == len(expected)


def test_the_auditors_own_reading_is_written_into_the_shells_chain(portal: MakePortal, tmp_path: Path) -> None:
    made = portal(alpha=Kept("alpha", tmp_path).app())
    main_of(made.user("auditor"), "/audit?target=gate:7")
    read = own_log(made).entries(AuditQuery(action="audit.read")).entries[0]
    assert (read.outcome, read.actor.subject) == ("read", "u-auditor")
    assert read.detail == {"query": {"target": "gate:7"}, "entries": 0}


def test_each_chain_is_asked_for_what_the_address_filters_by_in_days_of_the_hub(
    portal: MakePortal, tmp_path: Path
) -> None:
    made = portal(settings={"time_zone": "Africa/Nairobi"}, alpha=Kept("alpha", tmp_path).app())
    query = "actor=mary&action=alpha.*&target=gate%3A1&participant=payerfsp&outcome=done&from=2026-11-22&to=2026-11-22"
    main = main_of(made.user("auditor"), f"/audit?{query}")
    sent = made.asked("alpha")[0].target
    for part in (
        "actor=mary",
        "action=alpha.%2A",
        "target=gate%3A1",
        "outcome=done",
        "from=2026-11-21T21%3A00%3A00.000000Z",
        "to=2026-11-22T21%3A00%3A00.000000Z",
        "limit=50",
    ):
        assert part in sent
    assert "Actor: mary" in main
    assert "from 22 Nov 2026" in main
    assert 'href="/audit?' in main


def test_a_filter_by_area_asks_that_area_alone(portal: MakePortal, tmp_path: Path) -> None:
    alpha, beta = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    beta.write()
    made = portal(alpha=alpha.app(), beta=beta.app())
    assert links(main_of(made.user("auditor"), "/audit?app=beta")) == ["beta/1"]
    assert made.asked("alpha") == []


@pytest.mark.parametrize(
    "query",
    [
        "before=nonsense",
        "before=0~alpha",
        "before=1~alpha.-5",
        "before=9999999999~x",
        "before=1~" + "~".join(["alpha.1"] * 200),
        "from=2026-13-01",
        "to=0001-01-01",
        "from=9999-12-31&to=9999-12-31",
        "outcome=perfect",
    ],
)
def test_what_makes_no_sense_in_an_address_is_left_out(portal: MakePortal, tmp_path: Path, query: str) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write()
    made = portal(alpha=alpha.app())
    assert links(main_of(made.user("alphaAuditor"), f"/audit?{query}")) == ["alpha/1"]


def test_only_chains_whose_permission_is_held_are_asked(portal: MakePortal, tmp_path: Path) -> None:
    alpha, beta = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    alpha.write()
    beta.write()
    made = portal(alpha=alpha.app(), beta=beta.app())
    browser = made.user("alphaAuditor")
    assert links(main_of(browser, "/audit")) == ["alpha/1"]
    assert made.asked("beta") == []
    assert browser.get("/audit/beta/1").status_code == 404
    assert browser.get("/audit/shell/1").status_code == 404


@pytest.mark.parametrize("path", ["/audit", "/audit/alpha/1", "/audit/rows.csv", "/audit/integrity"])
def test_whoever_may_read_no_audit_is_refused_and_told_what_is_missing(
    portal: MakePortal, tmp_path: Path, path: str
) -> None:
    made = portal(alpha=Kept("alpha", tmp_path).app())
    refused = made.user("visitor").get(path)
    assert refused.status_code == 403
    assert "shell:audit:view" in refused.text
    assert made.user().get(path).status_code == 403
    assert made.asked("alpha") == []


def test_whoever_is_confined_to_a_participant_reads_no_audit(portal: MakePortal, tmp_path: Path) -> None:
    made = portal(alpha=Kept("alpha", tmp_path).app())
    browser = made.user("auditor")
    access = made.app.extensions["portal_access"]
    access.store.add_participant("u-auditor", "payerfsp", "test")
    access.forget("u-auditor")
    assert browser.get("/audit").status_code == 403


def test_the_menu_leads_to_the_audit_only_who_may_read_one(portal: MakePortal, tmp_path: Path) -> None:
    made = portal(alpha=Kept("alpha", tmp_path).app())
    assert 'href="/audit"' in made.user("alphaAuditor").get("/").text
    nobody = made.user("visitor").get("/").text
    assert 'href="/audit"' not in nobody
    assert '<a href="/approvals" title="Approvals">' in nobody


def test_a_silent_or_broken_chain_is_named_and_costs_nobody_elses_entries(portal: MakePortal, tmp_path: Path) -> None:
    beta = Kept("beta", tmp_path)
    beta.write()
    alpha = Kept("alpha", tmp_path).app() | {AUDIT: hangs}
    made = portal(settings={"gather_seconds": ROOM}, alpha=alpha, beta=beta.app())
    browser, began = made.user("auditor"), time.monotonic()
    main = main_of(browser, "/audit?actor=mary")
    assert time.monotonic() - began < SOON
    assert "App alpha does not answer: its entries are not listed" in main
    assert links(main) == ["beta/1"]


def test_readings_can_be_left_out_for_whoever_reads_the_audit_fills_it_with_them(
    portal: MakePortal, tmp_path: Path
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write(outcome=Outcome.READ)
    made = portal(alpha=alpha.app())
    browser = made.user("auditor")
    main_of(browser, "/audit")
    main = main_of(browser, "/audit?outcome=not-read")
    assert links(main) == []
    assert "Outcome: All but reads" in main
    asked = made.asked("alpha")[-1].target
    assert "read" not in asked.replace("%2C", ",").partition("outcome=")[2].partition("&")[0].split(",")
