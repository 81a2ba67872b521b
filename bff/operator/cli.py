"""`bizops operator`: take custom resources over, until stopped."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from bff.access.stores import store_for
from bff.contract.resources import kinds
from bff.contract.vocabularies import vocabularies
from bff.kubernetes import ACCOUNT, Cluster, ClusterError
from bff.operator.operator import Operator, beat_into


@click.command()
@click.option("--roles", "target", required=True, help="The ConfigMap that is handed to the apps as BIZOPS_ROLES_DIR.")
@click.option(
    "--account",
    type=click.Path(path_type=Path),
    default=ACCOUNT,
    show_default=True,
    help="Folder with the token, namespace and CA certificate of the service account that this runs as.",
)
@click.option("--api", help="URL of the API server, where this runs in no pod: that of `kubectl proxy`, for instance.")
@click.option("--namespace", default="default", show_default=True, help="With --api: whose objects.")
@click.option(
    "--database", envvar="BIZOPS_ACCESS_DATABASE_URL", help="The store of assignments, to check roles against."
)
@click.option(
    "--beat", type=click.Path(path_type=Path), help="File that is written every few seconds while all is well."
)
def operator(target: str, database: str | None, beat: Path | None, **where: Any) -> None:
    """Check roles, exclusions, policies and reports that are objects of the cluster; hand them to the apps; answer.

    A set takes effect as a whole or not at all: while one object is unfit, what was in force before stays.
    """
    try:
        cluster = _cluster(**where)
    except ClusterError as problem:
        sys.exit(str(problem))
    store = store_for(database) if database else None
    running = Operator(cluster, target, tuple(kinds()), vocabularies(), store)
    orders = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, orders)  # before there are threads, so that only `sigwait` takes them
    working = threading.Thread(target=running.run, args=(beat_into(beat),), daemon=True)
    working.start()
    signal.sigwait(orders)
    running.stop()
    working.join()


def _cluster(account: Path, api: str | None, namespace: str) -> Cluster:
    return Cluster(api, namespace=namespace) if api else Cluster.of_pod(os.environ, account)
