"""`make bench`: every measurement, one after the other."""

from benchmarks import pages, portal, who

if __name__ == "__main__":
    who.costs()
    with portal.running() as running:
        pages.first_load(running)
        pages.composed(running)
