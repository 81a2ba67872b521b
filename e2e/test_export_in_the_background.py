"""A hub operator runs a settlement report, pages it, has a file written in the background, and finds the run again."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.people import AUDITOR, MANAGER, OPERATOR, Person

SignIn = Callable[..., Page]
REPORT = "/reports/catalogue/settlement-window-positions"
pytestmark = [pytest.mark.journey("J13"), pytest.mark.sandbox, pytest.mark.writes]


def test_a_file_is_written_in_the_background_fetched_and_found_in_the_history(
    sign_in: SignIn, accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    page = sign_in(OPERATOR, REPORT)
    main = page.get_by_role("main")
    main.get_by_role("link", name="Next page").first.click()
    expect(main.get_by_text(re.compile(r"101.\d+ of \d+")).first).to_be_visible()

    main.get_by_text("In the background", exact=True).click()
    main.get_by_role("button", name="Write CSV in the background").click()
    expect(page).to_have_url(re.compile(r"/reports/runs/[0-9a-f-]{36}$"))
    address = page.url
    # Nobody presses anything: the page says so itself, and then asks no more.
    expect(main.get_by_text("The file is ready")).to_be_visible()
    expect(page.locator("#progress")).not_to_have_attribute("hx-trigger", re.compile("."))
    accessible(page)

    page.goto(re.sub(r"/reports/.*", "/reports/runs", address))
    expect(main.get_by_text("A file is ready").first).to_be_visible()
    page.goto(address)
    with page.expect_download() as fetched:
        main.get_by_role("link", name="Download CSV").click()
    fetched.value.save_as(tmp_path / "rows.csv")
    body, _, seal = (tmp_path / "rows.csv").read_bytes().rpartition(b"# sha-256,")
    said = seal.strip().decode()
    assert hashlib.sha256(body).hexdigest() == said
    expect(main.get_by_text(said).first).to_be_visible()

    page.get_by_role("link", name="Run history").first.click()
    row = main.get_by_role("table").locator("tbody tr").filter(has_text="In the background, CSV").first
    expect(row).to_contain_text("Complete")
    expect(row).to_contain_text(said[:8])
    accessible(page)
    row.get_by_role("link").first.click()
    main.get_by_role("link", name="Run again with these values").click()
    expect(page).to_have_url(re.compile(REPORT))
    expect(main.get_by_role("table").first).to_be_visible()


@pytest.mark.parametrize("who", [MANAGER, AUDITOR], ids=["a colleague", "an auditor"])
def test_nobody_else_opens_the_link(sign_in: SignIn, who: Person) -> None:
    page = sign_in(OPERATOR, REPORT)
    main = page.get_by_role("main")
    main.get_by_text("In the background", exact=True).click()
    main.get_by_role("button", name="Write CSV in the background").click()
    expect(main.get_by_text("The file is ready")).to_be_visible()
    link = f"{page.url}/file"
    page.context.clear_cookies()
    other = sign_in(who, REPORT.replace("/settlement-window-positions", ""))
    answer = other.request.get(link)
    assert answer.status == 404
