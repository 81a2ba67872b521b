"""`bizops journeys`: people of each role walk a deployment, allowed and denied."""

import sys
from pathlib import Path
from typing import Any

import click

from bff.access import files
from bff.journeys.junit import report
from bff.journeys.matrix import brought, pages_of, walked
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
@click.option("--junit", type=click.File("w", encoding="utf-8"), help="File for a JUnit report; - for the terminal.")
def journeys(base_url: str, apps: tuple[str, ...], people: str, roles: Path | None, **chosen: Any) -> None:
    """Walk the portal at BASE_URL: one person of each set of roles signs in and opens every page and every report.

    A page must open for whoever may see it and be refused to everybody else, and the menu must say the same.
    """
    try:
        named = [app.split("=", 1) for app in apps]
        pages = [page for name, url in named for page in (*pages_of(name, url), *brought(name))]
        book, walkers = files.load(roles), read_people(people)
    except (Lost, BadPeople, files.BadRoleFile) as problem:
        sys.exit(str(problem))
    steps = []
    for step in walked(base_url, walkers, book, pages, chosen["patience"]):
        steps.append(step)
        click.echo(
            f"{'FAILED' if step.problem else 'ok':6} {step.walker} {step.name}{': ' * bool(step.problem)}{step.problem}"
        )
    if junit := chosen["junit"]:
        junit.write(report(steps))
    failed = sum(bool(step.problem) for step in steps)
    click.echo(f"{len(steps)} steps of {len(walkers)} people, {failed} failed")
    sys.exit(1 if failed or not steps else 0)
