"""What `bizops up` says at the terminal, and how it ends."""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from sandbox.up.folder import empty, held
from sandbox.up.packages import require_packages
from sandbox.up.problem import Problem
from sandbox.up.readiness import ended
from sandbox.up.stack import Stack

FOLDER = Path("var")
LOOK_EVERY = 0.25
# Everything that `up` decides itself. Other settings of the environment reach the apps, a real hub's URLs among them.
DECIDED = """
    BASE_URL ENVIRONMENT STATE_DIR DATABASE_URL ACCESS_DATABASE_URL OIDC_ISSUER OIDC_CLIENT_ID OIDC_CLIENT_SECRET
    MICROFRONTENDS ASSERTION_KEYS SHELL_URL DIRECTORY_URL
"""
PREFIX = "BIZOPS_"


def up(port: int, fresh: bool) -> None:
    """Run everything until Ctrl-C, with the state in `var/`; `fresh` empties that first. Exits with 1 on a problem."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _run(port, fresh)
    except Problem as problem:
        click.echo(str(problem), err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        click.echo("Stopped.")


def _run(port: int, fresh: bool) -> None:
    require_packages()
    if fresh:
        with held(FOLDER.resolve()):
            empty(FOLDER.resolve())
    click.echo("Starting ...")
    with Stack(port, FOLDER, settings=_wishes(), microfrontends=_guests(), live=True) as stack:
        click.echo(announcement(stack))
        while (fallen := stack.fleet.fallen()) is None:
            time.sleep(LOOK_EVERY)
        raise Problem(f"{ended(fallen)}\n{fallen.last_words()}\nEverything else has been stopped.")


def announcement(stack: Stack) -> str:
    """Where the portal is, who can sign in, and where to look when something is wrong."""
    rows = [(person.username, ", ".join([*person.roles_in_words, *person.participants])) for person in stack.people]
    width = max(len(name) for name, _ in rows) + 3
    folder = os.path.relpath(stack.plan.folder)
    return "\n".join(
        [
            f"\n  BizOps Portal: {stack.base_url}   (ready after {stack.ready_seconds:.1f} s)\n",
            *(f"    {name:<{width}}{roles}" for name, roles in rows),
            f"\n  Password of each: {stack.people[0].password}    One-time code: {stack.people[0].code}",
            f"  Logs: {folder}/log/    Ctrl-C stops all of it\n",
        ]
    )


def _wishes() -> dict[str, str]:
    decided = {f"{PREFIX}{name}" for name in DECIDED.split()}
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name not in decided}


def _guests() -> dict[str, str]:
    """Micro-frontends that run beside ours: BIZOPS_MICROFRONTENDS="hello=http://localhost:8100"."""
    listed = os.environ.get("BIZOPS_MICROFRONTENDS", "").split()
    return dict(item.split("=", 1) for item in listed if "=" in item)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
