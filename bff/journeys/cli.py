"""`bizops journeys`: people of each role walk a deployment, allowed and denied."""

import sys
from pathlib import Path
from typing import Any

import click

from bff.access import files
from bff.journeys.junit import report
from bff.journeys.matrix import Deployment, brought, pages_of, walked
from bff.journeys.people import SANDBOX, BadPeople, read_people
from bff.journeys.visitor import Lost


@click.command()
@click.argument("base_url")
@click.option("--app", "apps", multiple=True, required=True, metavar="NAME=URL", help="A micro-frontend, where it is.")
@click.option(
    "--people", default=SANDBOX, show_default=True, help="File of who walks: users: [{username, password, roles}]."
)
@click.option(
    "--roles",
    envvar="BIZOPS_ROLES_DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The deployment's role files; the standard ones when not given.",
)
@click.option(
    "--patience", default=20.0, show_default=True, help="Seconds until a menu lists everything, after a start."
)
@click.option(
    "--writes/--reads-only",
    envvar="BIZOPS_JOURNEYS_WRITES",
    help="Also walk what changes the hub: only where nothing is real. Reads only, unless told otherwise.",
)
@click.option("--junit", type=click.File("w", encoding="utf-8"), help="File for a JUnit report; - for the terminal.")
def journeys(base_url: str, apps: tuple[str, ...], people: str, roles: Path | None, **chosen: Any) -> None:
    """Walk the portal at BASE_URL: is it there; what may each role; do its figures agree.

    One person of each set of roles signs in and opens every page and every report, and asks for every route. It must
    be served to whoever may and refused to everybody else, and the menu must say the same. Then apps have walked what
    they bring: contents are looked at, not only that there are some.
    """
    try:
        named = [app.split("=", 1) for app in apps]
        pages = [page for name, url in named for page in (*pages_of(name, url), *brought(name))]
        book, walkers = files.load(roles), read_people(people)
    except (Lost, BadPeople, files.BadRoleFile) as problem:
        sys.exit(str(problem))
    named_only = tuple(name for name, _url in named)
    here = Deployment(base_url, walkers, book, pages, named_only, chosen["patience"], chosen["writes"])
    steps = []
    for step in walked(here):
        steps.append(step)
        ended = "FAILED" if step.problem else "left" if step.left_out else "ok"
        why = step.problem or step.left_out
        click.echo(f"{ended:6} {step.walker} {step.name}{': ' * bool(why)}{why}")
    if junit := chosen["junit"]:
        junit.write(report(steps))
    failed, left = (sum(bool(getattr(step, what)) for step in steps) for what in ("problem", "left_out"))
    click.echo(f"{len(steps)} steps of {len(walkers)} people, {failed} failed, {left} left out")
    sys.exit(1 if failed or not steps else 0)
