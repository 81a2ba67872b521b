"""The command that starts a hub: `python -m sandbox.hub --port 8002 --database sqlite:///var/hub/hub.sqlite`."""

import socket
import sys
from typing import Any

import click

from sandbox.history import three_days
from sandbox.hub.app import create_app
from sandbox.hub.database import Database, Past
from sandbox.hub.serve import serve
from sandbox.hub.service import Options
from sandbox.population import COMMON, FEWEST, populated
from sandbox.traffic import Trickle


@click.command()
@click.option("--port", default=8002, show_default=True, help="Port: the ledger at /, settlement at /v2.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--database",
    envvar="BIZOPS_HUB_DATABASE_URL",
    default="sqlite:///var/hub/hub.sqlite",
    show_default=True,
    help="SQLAlchemy URL.",
)
@click.option("--seed", default=1, show_default=True, help="Which past a new hub gets, and which traffic.")
@click.option("--empty", is_flag=True, help="A new hub without a past: no participants, one OPEN window.")
@click.option("--population", metavar="NxM", help="A new hub with N participants in M currencies instead of a past.")
@click.option("--live", type=float, help="Send another transfer every so many seconds.")
@click.option("--close-s", default=0.5, show_default=True, help="How long closing a window takes.")
@click.option("--funds-s", default=0.5, show_default=True, help="How long moving funds takes.")
@click.option("--abort-works", is_flag=True, help="Let settlements be aborted, which the released hub cannot.")
@click.option("--faults", is_flag=True, help="Let calls be broken on purpose, through /sandbox/faults.")
def main(host: str, port: int, database: str, **chosen: Any) -> None:
    """Start a sandbox hub. A database that is there already is taken as it is."""
    _check_free(host, port)
    live, seed = chosen["live"], chosen["seed"]
    times = {"close_s": chosen["close_s"], "funds_s": chosen["funds_s"], "traffic_s": live or 0}
    options = Options(**times, abort_works=chosen["abort_works"], faults=chosen["faults"])
    # Before gunicorn starts, so that what goes wrong with the database is one error, not a worker that dies again.
    before = Database(database)
    before.prepare(_past(chosen["empty"], chosen["population"], seed))
    before.close()
    traffic = Trickle(seed) if live else None
    sys.argv[1:] = []  # gunicorn would read them as its own
    serve(lambda: create_app(database, options, traffic=traffic), f"{host}:{port}")


def _past(empty: bool, population: str | None, seed: int) -> Past | None:
    """What a new hub has behind it."""
    if population is None:
        return None if empty else three_days(seed)
    people, _, currencies = population.partition("x")
    if not (
        people.isdecimal() and int(people) >= FEWEST and currencies.isdecimal() and 0 < int(currencies) <= len(COMMON)
    ):
        sys.exit(f"--population is {FEWEST} participants or more times 1 to {len(COMMON)} currencies, such as 200x3.")
    return populated(int(people), COMMON[: int(currencies)], seed)


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            sys.exit(f"The sandbox hub cannot listen on {host}:{port}: {problem.strerror}.")


if __name__ == "__main__":
    main()
