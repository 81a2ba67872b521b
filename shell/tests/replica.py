"""A small app that can be run twice and restarted: `python -m shell.tests.replica HOST PORT FOLDER`."""

import sys
import time
from pathlib import Path

from flask import Blueprint, Flask, Response

import bff
from bff.app import create_app
from bff.serve import Server, options
from bff.settings import Settings
from bff.testing import settings_for

MANIFEST = bff.Manifest("alpha", "1.0", "Alpha")
WORK_S = 0.02  # long enough for requests to be under way whenever the order to stop comes


def app(folder: Path) -> Flask:
    """Answers a GET and a POST to anybody, after a moment."""
    blueprint = Blueprint("replica", __name__)

    @blueprint.route("/work", methods=["GET", "POST"])
    @bff.public
    def work() -> Response:
        time.sleep(WORK_S)
        return Response("done")

    return create_app("bff", settings_for(Settings, folder, drain_seconds=0.6), MANIFEST, bff.Parts([blueprint]))


if __name__ == "__main__":
    host, port, where = sys.argv[1:]
    Server(lambda: app(Path(where)), options(f"{host}:{port}", workers=1, threads=8)).run()
