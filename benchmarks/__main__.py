"""`make bench`: every measurement, one after the other."""

import sys

from benchmarks import compose, pages, portal, reports, weight, who
from tests.figures import FILE

SHOWN = ("bench_", "compose_", "page_", "navigation_", "usable_")

if __name__ == "__main__":
    who.costs()
    with portal.running() as running:
        pages.first_load(running)
        pages.composed(running)
        weight.pages(running)
        weight.usable_table(running)
    compose.measure()
    reports.measure()
    sys.stdout.write(
        "".join(line for line in FILE.read_text("utf-8").splitlines(True) if line.split()[1].startswith(SHOWN))
    )
