"""A contributor writes a report: begun at the terminal, seen while it is written, spoilt, mended, checked, read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e import settling
from e2e.people import AUDITOR, MANAGER
from sandbox.up import Stack

SignIn = Callable[..., Page]
RUN = "import sys; from bff.cli import main; main()"
pytestmark = pytest.mark.journey("J14")


def bizops(*words: object) -> str:
    """What the command line says; it must succeed."""
    done = subprocess.run([sys.executable, "-c", RUN, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def begun(stack: Stack, name: str) -> Path:
    """A new report in the portal's folder, for whoever may read the settlement report."""
    folder = stack.plan.report_files
    bizops("reports", "new", name, "--into", folder, "--permission", "reports:settlement:view")
    return folder / f"{name}.yaml"


def test_a_report_is_begun_spoilt_mended_and_checked_while_its_page_looks_on(
    stack: Stack, sign_in: SignIn, accessible: Callable[[Page], None]
) -> None:
    settling.transfer(stack, "payeefsp", "payerfsp")  # so that the newest window has something to show
    file = begun(stack, "my-first-report")
    try:
        page = sign_in(MANAGER, "/reports/preview/my-first-report")
        main = page.get_by_role("main")
        expect(main.get_by_role("heading", name="Preview of my-first-report.yaml")).to_be_visible()
        expect(main.get_by_text("SELECT p.name AS participant", exact=False).last).to_be_visible()
        expect(main.get_by_role("table")).to_be_visible()
        accessible(page)

        good = file.read_text("utf-8")
        file.write_text(good.replace("p.name AS", "p.nmae AS"), "utf-8")
        line = 1 + good[: good.index("p.name AS")].count("\n")
        wrong = page.locator(f"#line-{line}")
        expect(wrong).to_contain_text("the column nmae is not of its tables")
        expect(main.get_by_text(f"Line {line}:")).to_be_visible()
        accessible(page)

        file.write_text(good.replace("{en: Sent}", "{en: Dispatched}"), "utf-8")
        expect(main.get_by_role("columnheader", name="Dispatched")).to_be_visible()
        expect(main.get_by_text(f"Line {line}:")).to_have_count(0)
        assert bizops("reports", "check", file, "--database", stack.plan.database("hub")).endswith(f"{file}: ok\n")
    finally:
        file.unlink()
    expect(main.get_by_text("No source holds a report")).to_be_visible()


def test_a_new_report_is_in_the_catalogue_without_a_restart(stack: Stack, sign_in: SignIn) -> None:
    file = begun(stack, "my-second-report")
    try:
        page = sign_in(MANAGER, "/reports/catalogue")
        link = page.get_by_role("link", name="My second report")
        for _try in range(20):
            if link.count():
                break
            page.wait_for_timeout(250)
            page.reload()
        link.first.click()
        expect(page.get_by_role("heading", name="My second report")).to_be_visible()
    finally:
        file.unlink()


@pytest.mark.sandbox
def test_an_auditor_reads_who_has_access_and_what_was_approved(sign_in: SignIn) -> None:
    page = sign_in(AUDITOR, "/reports/catalogue/access-review?role=audit")
    main = page.get_by_role("main")
    expect(main.get_by_role("table").first).to_contain_text("Ada Adeyemi")
    expect(main.get_by_text("reports:access-review:view").first).to_be_visible()
    page.goto(page.url.replace("access-review?role=audit", "approvals"))
    expect(main.get_by_role("heading", name="Approvals")).to_be_visible()
