"""The windows page arrives in at most 60 kB and 8 requests."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, Response

from e2e.people import OPERATOR
from tests.figures import figure

BUDGET_KB, BUDGET_REQUESTS = 60, 8


def test_the_first_load_of_the_windows_page_keeps_its_budget(
    browser: Browser, base_url: str, sign_in: Callable[..., Page]
) -> None:
    signed_in = sign_in(OPERATOR, "/settlement/windows")
    context = browser.new_context(storage_state=signed_in.context.storage_state())
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(base_url + "/settlement/windows?preset=month", wait_until="networkidle")
    sizes = [answer.request.sizes() for answer in answers]
    kilobytes = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1000
    context.close()
    figure("first_load_kb", f"{kilobytes:.1f}", "kB")
    figure("first_load_requests", str(len(answers)))
    assert kilobytes <= BUDGET_KB
    assert len(answers) <= BUDGET_REQUESTS
