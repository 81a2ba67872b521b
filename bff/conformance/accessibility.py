"""Whether its pages can be used by everyone: looked at by axe in a browser, in a plain frame, without a network."""

import html
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Final
from urllib.parse import unquote

from bff.conformance.clauses import NotRun, clause, some_of
from bff.conformance.subject import Answer, Subject

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
SERIOUS: Final = ("serious", "critical")


@clause(
    "accessibility.axe",
    "Axe finds nothing serious on any page.",
    "Repair what it names; https://dequeuniversity.com/rules/axe tells how.",
)
def _axe(app: Subject) -> str:
    pages = app.pages
    try:
        browsers, axe = import_module("playwright.sync_api"), import_module("axe_playwright_python.sync_playwright")
    except ImportError as missing:
        raise NotRun("playwright and axe-playwright-python are not installed") from missing
    # Playwright wants a thread that has no event loop of its own.
    with ThreadPoolExecutor(1) as pool:
        return some_of(pool.submit(_looked_at, pages, browsers, axe.Axe()).result(), f"{len(pages)} pages")


def _looked_at(pages: list[Answer], browsers: Any, axe: Any) -> list[str]:
    own = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with browsers.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=own, args=list(ARGUMENTS))
        except browsers.Error as problem:
            raise NotRun(f"no browser could be started: {str(problem).splitlines()[0]}") from problem
        with browser:
            sheet = browser.new_page(java_script_enabled=True)
            sheet.route("**/*", lambda route: route.abort())
            return [f"{page.path}: {told}" for page in pages for told in _violations(sheet, page, axe)]


def _violations(sheet: Any, page: Answer, axe: Any) -> list[str]:
    sheet.set_content(framed(page), wait_until="domcontentloaded")
    found = axe.run(sheet).response["violations"]
    return [
        f"{each['id']}: {each['help']} {each['nodes'][0]['html'][:80]}" for each in found if each["impact"] in SERIOUS
    ]


def framed(page: Answer) -> str:
    """The fragment in the least frame in which a page can be judged."""
    title = html.escape(unquote(page.headers.get("portal-title", "")))
    language = html.escape(page.headers.get("content-language", "en"))
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:">'
    head = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{policy}<title>{title}</title></head>'
    return f'{head}<body><main id="main">{page.text}</main></body></html>'
