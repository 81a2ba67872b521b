"""What a page weighs at its first load, and what composing one costs."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import urllib3
from playwright.sync_api import Response

from benchmarks.portal import PAGE, Portal
from tests.figures import figure

BOF_KB, BOF_REQUESTS = 6478 * 1.024, 44  # measured once on the BOF shell with one of its four applications
PAGES, AT_ONCE = 300, 4


def first_load(portal: Portal) -> None:
    """Bytes and requests of the windows page in a browser that has never been here."""
    context = portal.browser.new_context(storage_state=portal.session)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(portal.stack.base_url + PAGE, wait_until="networkidle")
    sizes = [answer.request.sizes() for answer in answers]
    kilobytes = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1000
    context.close()
    figure("bench_first_load_kb", f"{kilobytes:.1f}", "kB")
    figure("bench_first_load_ratio_bof", f"{kilobytes / BOF_KB:.4f}")
    figure("bench_first_load_requests_ratio_bof", f"{len(answers) / BOF_REQUESTS:.2f}")


def composed(portal: Portal) -> None:
    """CPU, latency and memory of a composed page, at a few requests at once."""
    pool = urllib3.PoolManager(maxsize=AT_ONCE)

    def fetch(_number: int) -> float:
        begun = time.perf_counter()
        answer = pool.request("GET", portal.stack.base_url + PAGE, headers={"Cookie": portal.cookies})
        if answer.status != 200:
            raise RuntimeError(f"{PAGE} answered {answer.status}")
        return (time.perf_counter() - begun) * 1000

    fetch(0)
    before = {name: portal.cpu_seconds(name) for name in ("shell", "settlement")}
    with ThreadPoolExecutor(AT_ONCE) as workers:
        spent = sorted(workers.map(fetch, range(PAGES)))
    for name, used in before.items():
        figure(f"bench_page_cpu_ms_{name}", f"{(portal.cpu_seconds(name) - used) / PAGES * 1000:.2f}", "ms")
        figure(f"bench_memory_mb_{name}", f"{portal.memory_mb(name):.0f}", "MB")
    figure("bench_page_p50_ms", f"{statistics.median(spent):.1f}", "ms")
    figure("bench_page_p99_ms", f"{spent[int(PAGES * 0.99)]:.1f}", "ms")
