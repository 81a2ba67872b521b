"""`bizops roles`: are the role files fit for use, by themselves and for those who hold roles today?"""

import sys
from pathlib import Path

import click

from bff.access import check, files
from bff.access.keto import KetoAssignments
from bff.access.stores import store_for
from bff.contract.vocabularies import vocabularies
from bff.errors import StoreUnavailable

DATABASE = click.option(
    "--database", envvar="BIZOPS_ACCESS_DATABASE_URL", help="The store of assignments: a SQLAlchemy URL, or keto://."
)
FOLDER = click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False), envvar="BIZOPS_ROLES_DIR"
)


@click.group()
def roles() -> None:
    """Role files: checked, and published to Ory Keto."""


@roles.command("check")
@FOLDER
@DATABASE
def check_roles(folder: Path | None, database: str | None) -> None:
    """Check a FOLDER of role files (the standard ones when not given), and with a store everybody's roles too.

    Exit code 1 when anything but a warning was found, or when the store cannot be asked.
    """
    if _checked(folder or files.STANDARD, database) is None:
        sys.exit(1)


@roles.command()
@FOLDER
@DATABASE
def publish(folder: Path | None, database: str | None) -> None:
    """Write into Ory Keto which role grants which permission, for others who ask it. Checks first."""
    store = store_for(database) if database else None
    if not isinstance(store, KetoAssignments):
        sys.exit("Name a Keto with --database keto://host:4466?write=host:4467; other stores need no publishing.")
    book = _checked(folder or files.STANDARD, database)
    if book is None:
        sys.exit("Nothing was published.")
    try:
        came, went = store.publish(book)
    except StoreUnavailable as away:
        sys.exit(f"{away}. Nothing is known of what was published: run it again.")
    click.echo(f"published: {came} grants came, {went} went")


@roles.command()
def schema() -> None:
    """Print the JSON Schema of a role or exclusion document, for editors and pipelines."""
    click.echo(files.schema_text(), nl=False)


def _checked(folder: Path, database: str | None) -> files.RoleBook | None:
    book, found = check.lint(folder, vocabularies())
    asked = ""
    if database:
        try:
            holdings = store_for(database).holdings()
        except StoreUnavailable as away:
            # Not "nobody holds anything": that would let every set of files pass.
            found.append(check.Finding(f"{away}, so nobody's roles could be checked"))
        else:
            found += check.preflight(book, holdings)
            asked = f", and what {len(holdings)} people hold"
    for finding in found:
        click.echo(f"{'warning' if finding.is_warning else 'problem'}: {finding.sentence}")
    problems = sum(not finding.is_warning for finding in found)
    verdict = f"{problems} problems" if problems else "fit for use"
    click.echo(f"{len(book.roles)} roles, {len(book.exclusions)} exclusions{asked}: {verdict}")
    return None if problems else book
