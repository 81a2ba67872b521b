"""`bizops doctor`: is everything there that an app needs, and what is to be done where it is not?"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import entry_points

import click
import structlog

from bff.doctor.findings import Finding, Grade
from bff.serve import GROUP

WIDTHS = (17, 7)


@click.command()
@click.argument("name", metavar="APP", envvar="BIZOPS_APP")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
def doctor(name: str, as_json: bool) -> None:
    """Examine APP under the settings of this environment, and say what to do. Exit code 1 when something is wrong.

    Run it where the app runs, with the app's settings: it looks at files, databases, the hub, the OpenID provider,
    clocks, roles, reports and micro-frontends. It changes nothing and prints no secret.
    """
    from bff.doctor.examining import examine, unhealthy  # not while other commands start: it knows every app

    if name not in entry_points(group=GROUP).names:
        sys.exit(f"There is no app {name!r}. Installed: {', '.join(sorted(entry_points(group=GROUP).names))}.")
    # What the library logs meanwhile is said below, in sentences.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found: list[Finding] = []
    for finding in examine(name, os.environ):
        found.append(finding)
        if not as_json:
            for line in table(finding):
                click.echo(line)
    ill = unhealthy(found)
    if as_json:
        click.echo(
            json.dumps({"app": name, "healthy": not ill, "findings": [asdict(each) for each in found]}, indent=2)
        )
    else:
        counts = ", ".join(f"{sum(each.grade is grade for each in found)} {grade}" for grade in Grade)
        click.echo(f"\n{name}: {counts}")
    sys.exit(1 if ill else 0)


def table(finding: Finding) -> Iterator[str]:
    """A finding's row, and below it what to do."""
    spent = f" ({finding.ms} ms)" if finding.ms else ""
    yield f"{finding.check:<{WIDTHS[0]}}{finding.grade:<{WIDTHS[1]}}{finding.sentence}{spent}"
    if finding.remedy:
        yield f"{'':<{sum(WIDTHS)}}{finding.remedy}"
