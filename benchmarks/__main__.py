"""`make bench`: every measurement, one after the other."""

import sys

from benchmarks import pages, portal, reports, who
from tests.figures import FILE

if __name__ == "__main__":
    who.costs()
    with portal.running() as running:
        pages.first_load(running)
        pages.composed(running)
    reports.measure()
    sys.stdout.write("".join(line for line in FILE.read_text("utf-8").splitlines(True) if " bench_" in line))
