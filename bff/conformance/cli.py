"""`bizops check URL`: does a running app keep the contract with the shell?"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bff.conformance import reporting
from bff.conformance.clauses import clauses
from bff.conformance.running import Report, run
from bff.conformance.speaking import CannotSpeak, speaker
from bff.conformance.subject import Subject
from bff.key_file import KeyFileError

SHELL, KEYS = "http://localhost:8090", Path("var/check/keys.json")


def _pairs(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    wrong = [each for each in given if "=" not in each]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} lacks a value; write id=12")
    return dict(each.split("=", 1) for each in given)


def _http(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter(f"{given!r} is no http or https URL")
    return given


def _known(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    known = {name for clause in clauses() for name in (clause.id, clause.group)}
    unknown = [each for each in given if each not in known]
    if unknown:
        raise click.BadParameter(f"there is no clause and no group {unknown[0]!r}")
    return given


@click.command()
@click.argument("url", callback=_http)
@click.option("--name", default="", help="The name under which the shell registers it, to be compared.")
@click.option(
    "--shell", envvar="BIZOPS_SHELL_URL", default=SHELL, show_default=True, help="The shell that the app trusts."
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    default=KEYS,
    show_default=True,
    help="That shell's private keys; made when absent.",
)
@click.option("--about", multiple=True, callback=_pairs, help="What stands for {id} in slots: --about id=12.")
@click.option("--only", multiple=True, callback=_known, help="A clause or a group of clauses, several times.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a JUnit file too.")
def check(url: str, shell: str, keys: Path, **wishes: Any) -> None:
    """Check every clause of the contract against the app that runs at URL. Exit code 1 when one is broken.

    The checker speaks as the shell: start the app with BIZOPS_SHELL_URL=http://localhost:8090, where the checker
    publishes its keys meanwhile. Where a shell publishes already, --shell and --keys name that one and its key file.
    Use a deployment for tests: a change that the app should refuse, and does not, is made.
    """
    try:
        with speaker(shell.rstrip("/"), keys) as speaking:
            report = _checked(Subject(url, speaking, wishes["name"], wishes["about"]), wishes)
    except (CannotSpeak, KeyFileError) as problem:
        sys.exit(str(problem))
    if wishes["junit"]:
        wishes["junit"].write_text(reporting.junit(report), "utf-8")
    sys.exit(0 if report.kept else 1)


def _checked(app: Subject, wishes: dict[str, Any]) -> Report:
    if wishes["as_json"]:
        report = run(app, wishes["only"])
        click.echo(json.dumps(report.as_json(), indent=2))
        return report
    click.echo(reporting.head())
    report = run(app, wishes["only"], lambda finding: click.echo(reporting.line(finding)))
    click.echo("\n" + reporting.summary(report))
    return report
